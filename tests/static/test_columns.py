"""A table's columns stand still while its rows change, and nothing that matters is cut."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

APPLY = """ops => window.lib.applyPatch(
    document.querySelector('[data-view]'), {view: '/tables/t', ops})"""
EDGES = "() => [...document.querySelectorAll('th')].map(each => each.getBoundingClientRect().left)"
WIDTH = "() => document.documentElement.scrollWidth"
CUT = """() => [...document.querySelectorAll('td')].filter(
    each => each.scrollWidth > each.clientWidth).map(each => each.textContent)"""
CLIPPED = """() => [...document.querySelectorAll('.clip')].filter(
    each => each.scrollHeight > each.clientHeight).map(each => each.textContent)"""
LONG = "a text that is a good deal longer than those that were there before it, and goes on"


def put(key: Any, text: str, figure: str) -> dict[str, Any]:
    html = (
        f'<tr data-key="{key}"><td data-column="a"><span class="clip">{text}</span></td>'
        f'<td data-column="b">{figure}</td></tr>'
    )
    return {"op": "put", "key": str(key), "html": html, "place": None}


@pytest.fixture
def full(page: Page) -> Page:
    """A page of many rows, whose texts fill it."""
    page.evaluate(APPLY, [put(n, f"{LONG} {n}", "7") for n in range(30)])
    return page


def test_a_text_takes_the_room_that_there_is_and_is_cut_there(full: Page) -> None:
    assert full.evaluate(WIDTH) == 1000
    full.set_viewport_size({"width": 400, "height": 600})
    assert full.evaluate(WIDTH) == 400
    assert full.evaluate(CUT) == []
    assert len(full.evaluate(CLIPPED)) == 30


def test_columns_stand_still_while_texts_grow_and_shrink(full: Page) -> None:
    full.evaluate(APPLY, [put(n, f"row {n}", "7") for n in range(30)])
    before = full.evaluate(EDGES)
    full.evaluate(APPLY, [put(1, LONG * 3, "8"), put(99, LONG * 2, "9")])
    full.evaluate(APPLY, [{"op": "remove", "key": "1"}, put(2, "x", "")])
    assert full.evaluate(EDGES) == before


def test_a_figure_that_grows_is_never_cut(full: Page) -> None:
    full.evaluate(APPLY, [put(1, LONG, "123,456,789.123456")])
    full.evaluate(APPLY, [put(1, LONG, "123,456,789.123456 and more than that")])
    assert full.evaluate(CUT) == []
    assert full.evaluate(WIDTH) == 1000


def test_the_texts_of_few_rows_get_more_room_while_there_is_some(page: Page) -> None:
    page.evaluate(APPLY, [put(1, "x", "a figure that takes most of the room there is")])
    page.evaluate(APPLY, [put(2, LONG[:30], "7")])
    assert page.evaluate(CLIPPED) == []


def test_another_width_of_the_window_lays_them_out_anew(full: Page) -> None:
    full.evaluate(APPLY, [put(1, "x", "8")])
    full.set_viewport_size({"width": 700, "height": 600})
    full.wait_for_function("() => !document.querySelector('[data-held]')")
    assert full.evaluate(WIDTH) == 700

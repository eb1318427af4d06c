"""A board's patches and its panels', whose views come, go and change while the page is open."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.static.test_patch import row_html

BOARD = """<section data-view="/boards/b"><h1>B</h1>
<div class="panels" data-target="rows"></div></section>"""
APPLY = """([view, ops]) => window.lib.applyPatch(
    document.querySelector(`[data-view="${view}"]`), {view, ops})"""
FOUND = "name => window.views.viewsNamed(name).length"
TEXTS = """() => [...document.querySelectorAll('.panels > [data-key]')].map(
    each => `${each.dataset.key}:${each.querySelector('.panel-body').textContent.trim()}`)"""


def shell(key: str, view: str, title: str = "Title", width: int = 6) -> str:
    return (
        f'<section class="panel" data-key="{key}" data-view="{view}" data-width="{width}">'
        f'<header><h2>{title}</h2></header><div class="panel-body" data-target="panel" data-keep>'
        "</div></section>"
    )


def put(key: str, place: str | None, html: str) -> dict[str, Any]:
    return {"op": "put", "key": key, "html": html, "place": place}


def table(rows: int) -> str:
    body = "".join(row_html(f"k{n}", f"row {n}") for n in range(rows))
    return f'<table><tbody data-target="rows">{body}</tbody></table>'


def apply(page: Page, view: str, *ops: dict[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = page.evaluate(APPLY, [view, ops])
    return counts


def whole(html: str) -> dict[str, Any]:
    return {"op": "html", "target": "panel", "html": html}


@pytest.fixture
def board(page: Page) -> Page:
    """A board with two panels, 1 and 2, whose views are v1 and v2: a figure and a table."""
    page.evaluate("html => { document.body.innerHTML = html; }", BOARD)
    page.evaluate("async () => { window.views = await import('/js/view.js'); }")
    apply(page, "/boards/b", put("1", None, shell("1", "v1")), put("2", "1", shell("2", "v2")))
    apply(page, "v1", whole("<p data-figure>41</p>"))
    apply(page, "v2", whole(table(3)))
    return page


def test_a_panel_keeps_what_is_in_it(board: Page) -> None:
    board.evaluate("() => { window.kept = document.querySelector('[data-figure]'); }")
    wider = put("1", "2", shell("1", "v1", "Other", 12))
    assert apply(board, "/boards/b", wider)["changed"] == 1
    assert board.evaluate("window.kept.isConnected")
    assert board.locator("[data-key='1'] h2").inner_text() == "Other"
    assert board.locator("[data-key='1']").get_attribute("data-width") == "12"
    assert [each[0] for each in board.evaluate(TEXTS)] == ["2", "1"]


def test_a_reset_keeps_panels_too(board: Page) -> None:
    html = shell("2", "v2") + shell("3", "v3") + shell("1", "v1")
    apply(board, "/boards/b", {"op": "html", "target": "rows", "html": html})
    apply(board, "v3", whole("new"))
    texts = board.evaluate(TEXTS)
    assert [each[0] for each in texts] == ["2", "3", "1"]
    assert texts[1:] == ["3:new", "1:41"]


def test_rows_of_a_panel_are_not_the_boards(board: Page) -> None:
    apply(board, "v2", {"op": "remove", "key": "k0"}, put("n", None, row_html("n", "new")))
    apply(board, "/boards/b", put("k1", None, shell("k1", "v9")))
    assert [each.split(":")[0] for each in board.evaluate(TEXTS)] == ["k1", "1", "2"]
    keys = board.locator("[data-view=v2] tr[data-key]")
    assert keys.evaluate_all("all => all.map(tr => tr.dataset.key)") == ["n", "k1", "k2"]


def test_a_total_of_the_board_is_not_a_panels(board: Page) -> None:
    apply(board, "v1", whole("<b data-target=total>7</b>"))
    patch = {
        "view": "/boards/b",
        "ops": [{"op": "html", "target": "panel", "html": "x"}],
        "total": 2,
    }
    board.evaluate("patch => lib.applyPatch(document.querySelector('[data-view]'), patch)", patch)
    assert board.evaluate(TEXTS)[0] == "1:7"


def test_views_come_change_and_go(board: Page) -> None:
    apply(board, "/boards/b", put("1", None, shell("1", "other")))
    assert [board.evaluate(FOUND, name) for name in ("v1", "other")] == [0, 1]
    apply(board, "other", whole("<p data-figure>42</p>"))
    assert board.evaluate(TEXTS)[0] == "1:42"
    apply(board, "/boards/b", {"op": "remove", "key": "1"})
    board.locator("[data-leaving]").wait_for(state="detached", timeout=3000)
    assert board.evaluate(FOUND, "other") == 0


def test_a_figure_flashes_and_a_chart_does_not(board: Page) -> None:
    chart = "<svg><rect width='{}' height='9'><title>x</title></rect></svg>"
    apply(board, "v2", whole(chart.format(3)))
    board.evaluate("() => document.getAnimations().forEach(each => each.cancel())")
    assert apply(board, "v1", whole("<p data-figure>43</p>"))["changed"] == 1
    assert apply(board, "v2", whole(chart.format(4)))["changed"] == 1
    flashing = "() => document.getAnimations().map(each => each.effect.target.textContent)"
    assert board.evaluate(flashing) == ["43"]


def test_a_panel_that_grows_does_not_push_the_next(board: Page) -> None:
    rows = "".join(f"<p>line {n}</p>" for n in range(80))
    apply(board, "/boards/b", put("3", "2", shell("3", "v3")), put("4", "3", shell("4", "v4")))
    apply(board, "v3", whole(rows))
    apply(board, "v4", whole(rows))
    top = "() => document.querySelector('[data-key=\"3\"]').getBoundingClientRect().top"
    board.evaluate(f"scrollTo(0, scrollY + ({top})() - 100)")
    before = board.evaluate(top)
    apply(board, "v2", whole(table(20)))
    assert board.evaluate(top) == pytest.approx(before, abs=0.6)
    apply(board, "v2", *[put(f"n{n}", None, row_html(f"n{n}", "new")) for n in range(9)])
    assert board.evaluate(top) == pytest.approx(before, abs=0.6)


def test_focus_goes_to_the_next_panel_when_one_goes(board: Page) -> None:
    apply(board, "/boards/b", put("3", "2", shell("3", "v3")))
    apply(board, "v3", whole("<a href='#'>three</a>"))
    board.focus("[data-view=v2] tr[data-key=k1] a")
    apply(board, "v2", {"op": "remove", "key": "k1"})
    focused = "() => document.activeElement.closest('[data-key]')?.dataset.key"
    assert board.evaluate(focused) == "k2"
    apply(board, "/boards/b", {"op": "remove", "key": "2"})
    assert board.evaluate(focused) == "3"

"""Finding one of many tables on the home page, by keyboard and while counts change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import assert_fine
from tests.support.browser import OpenWindow
from tests.support.server import Server, running

pytestmark = pytest.mark.browser

COUNT = 60
TOPS = "() => [...document.querySelectorAll('.card')].map(each => each.getBoundingClientRect().top)"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    path: Path = tmp_path_factory.mktemp("many") / "many.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        for number in range(COUNT):
            connection.execute(f"CREATE TABLE café_{number:02}_menu (id INTEGER PRIMARY KEY, a)")
        connection.execute("CREATE TABLE guests (id INTEGER PRIMARY KEY, name TEXT)")
    with running(f"sqlite:///{path}", models="", reflect="*") as server:
        yield server


def shown(page: Page) -> list[str]:
    links = page.locator("[data-target=tables] .card-link").filter(visible=True)
    return links.all_inner_texts()


def test_a_table_is_found_by_parts_of_its_name(many: Server, open_window: OpenWindow) -> None:
    page = open_window(many).open_live("/")
    told = page.locator("[data-found]")
    page.keyboard.press("/")
    page.keyboard.type("CAFE_1 men")
    expect(told).to_have_text(f"10 of {COUNT + 1}")
    assert shown(page) == [f"Café {number} menu" for number in range(10, 20)]
    page.keyboard.type("x")
    expect(told).to_have_text(f"none of {COUNT + 1}")
    assert shown(page) == []
    page.get_by_role("searchbox").fill("guest")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Guests")).to_be_focused()
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/tables/guests")
    page.go_back()
    expect(told).to_have_text(f"1 of {COUNT + 1}")


def test_a_count_that_changes_moves_nothing_and_shows_nothing_hidden(
    many: Server, open_window: OpenWindow
) -> None:
    page = open_window(many, viewport={"width": 1280, "height": 800}).open_live("/")
    page.get_by_role("searchbox").fill("menu")
    expect(page.locator("[data-found]")).to_have_text(f"{COUNT} of {COUNT + 1}")
    before, found = page.evaluate(TOPS), shown(page)
    with many.sessions.begin() as session:
        guests = many.registry["dashboard.catalog"]["guests"].mapped_class
        session.add(guests(**{"c1": "Ann"}))
        menu = many.registry["dashboard.catalog"]["café_07_menu"].mapped_class
        session.add(menu(**{"c1": "soup"}))
    expect(page.locator('[data-key="café_07_menu"] .card-count')).to_have_text("1")
    expect(page.locator('[data-key="guests"] .card-count')).to_have_text("1")
    assert (page.evaluate(TOPS), shown(page)) == (before, found)
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_page_of_many_tables_is_fine(many: Server, open_window: OpenWindow) -> None:
    assert_fine(open_window(many).open("/"))

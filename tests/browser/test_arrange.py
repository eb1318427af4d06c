"""An editor arranges a board by keyboard alone, and everyone's page follows."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from dashboard.models.boards import Board, Panel
from tests.browser.test_pages import violations
from tests.support.browser import OpenWindow
from tests.support.server import Server
from tests.support.site import change_flight, flights_to

pytestmark = pytest.mark.browser

BOARD = "/boards/operations"
PANELS = """() => [...document.querySelectorAll(".panels > [data-key]")].map((each) =>
  [each.querySelector("h2").textContent, Number(each.dataset.row), Number(each.dataset.width)])"""

SHOWS = f"wanted => JSON.stringify(({PANELS})()) === JSON.stringify(wanted)"


def panels(page: Page) -> list[list[object]]:
    """Return each panel's title, row and width, in the order of the page."""
    found: list[list[object]] = page.evaluate(PANELS)
    return found


def stored(server: Server) -> list[list[object]]:
    with server.sessions() as session:
        order = (Panel.row, Panel.place)
        found = session.execute(
            sa.select(Panel.title, Panel.row, Panel.width)
            .join(Board)
            .where(Board.slug == "operations")
            .order_by(*order)
        )
        return [list(row) for row in found]


def tab_to(page: Page, label: str) -> None:
    """Press Tab until what has the focus begins with ``label``."""
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate(
            """() => { const { activeElement: each } = document;
                       return each.getAttribute("aria-label") ?? each.textContent.trim(); }"""
        )
        if name.startswith(label):
            return
    raise AssertionError(f"Tab doesn't lead to {label!r}")


def test_a_board_is_arranged_by_keyboard_alone(board: Server, open_window: OpenWindow) -> None:
    watcher = open_window(board).open_live(BOARD)
    window = open_window(board)
    window.sign_in("ed", BOARD)
    page = window.open_live(BOARD)
    before = panels(page)
    assert before == stored(board)
    said = page.locator("[data-summary]")

    tab_to(page, "Arrange")
    page.keyboard.press("Enter")
    badge = page.locator("[data-badge]")
    expect(badge).to_contain_text("Arranging")
    assert violations(page) == []
    tab_to(page, "Cancelled")
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(said).to_have_text("Cancelled: row 2 of 3, place 2 of 3, width 4 of 12")
    # What changes meanwhile waits: nothing moves under the editor's hands.
    change_flight(board, flights_to(board, "SEA")[0], status="cancelled")
    expect(badge).to_contain_text("waiting")
    page.keyboard.press("Enter")

    expect(said).to_have_text("The board is saved.")
    expect(badge).to_contain_text("Live")
    wanted = [*before[:3], before[4], ["Cancelled", 2, 4], *before[5:]]
    assert panels(page) == wanted == stored(board)
    watcher.wait_for_function(SHOWS, arg=wanted)
    for each in (page, watcher):
        expect(each.locator(".panel-body:empty")).to_have_count(0)
        fresh = each.context.new_page()
        fresh.goto(each.url)
        assert shown(each) == shown(fresh)
    assert watcher.get_by_role("button", name="Arrange").count() == 0


def shown(page: Page) -> list[str]:
    page.wait_for_function("() => document.getAnimations().every(each => !each.effect.target)")
    texts: list[str] = page.locator(".panels > .panel").evaluate_all(
        "all => all.map(each => each.outerHTML)"
    )
    return texts


def test_two_who_arrange_at_once(board: Server, open_window: OpenWindow) -> None:
    pages = []
    for _ in range(2):
        window = open_window(board)
        window.expect_problems("409")
        window.sign_in("ed")
        page = window.open_live("/boards/departures")
        page.get_by_role("button", name="Arrange").click()
        pages.append(page)
    mine, theirs = pages
    before = panels(mine)
    theirs.keyboard.press("ArrowRight")
    theirs.keyboard.press("Enter")
    expect(theirs.locator("[data-summary]")).to_have_text("The board is saved.")

    mine.keyboard.press("Shift+ArrowLeft")
    mine.keyboard.press("Enter")
    notices = mine.locator("[data-notices]")
    expect(notices).to_contain_text("Somebody has changed the board since you began")
    assert panels(mine)[0] == [before[0][0], 1, before[0][2] - 1]  # type: ignore[operator]
    mine.get_by_role("button", name="Save mine").click()
    expect(mine.locator("[data-summary]")).to_have_text("The board is saved.")
    wanted = [[before[0][0], 1, before[0][2] - 1], *before[1:]]  # type: ignore[operator]
    for each in pages:
        each.wait_for_function(SHOWS, arg=wanted)

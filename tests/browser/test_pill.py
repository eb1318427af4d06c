"""New rows above what is read, on a real page: a desk's, a phone's, and in a board's panel."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.support.browser import OpenWindow
from tests.support.server import Server
from tests.support.site import flights_to, keys, like

pytestmark = pytest.mark.browser

DAY = datetime(2013, 7, 22)


@pytest.mark.parametrize("viewport", [(1280, 700), (390, 844)], ids=["desk", "phone"])
def test_twelve_new(board: Server, open_window: OpenWindow, viewport: tuple[int, int]) -> None:
    width, height = viewport
    place = "MCO" if width > 1000 else "FLL"
    flights = flights_to(board, place)
    window = open_window(board, viewport={"width": width, "height": height})
    page = window.open_live(f"/tables/flights?destination={place}&_sort=scheduled")
    page.locator(f"tr[data-key='{flights[20]}'] a").first.focus()
    page.evaluate("() => document.activeElement.scrollIntoView({ block: 'center' })")
    with board.sessions.begin() as session:
        for number in range(12):
            at = DAY + timedelta(seconds=number)
            session.add(like(board, flights[0], scheduled=at, number=9300 + number))
    pill = page.get_by_role("button", name="12 new above: go to the top")
    expect(pill).to_be_in_viewport()
    expect(page.locator("[data-summary]")).to_contain_text("12 new above.")
    assert page.evaluate("() => document.activeElement.closest('tr').dataset.key") == str(
        flights[20]
    )
    page.keyboard.press("Home")
    expect(pill).to_be_hidden()
    assert page.locator(f"tr[data-key='{keys(page)[0]}']").is_visible()
    page.wait_for_function("() => scrollY === 0")

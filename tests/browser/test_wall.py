"""A wall page: it survives its server, and what it holds doesn't grow."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from dashboard.demo.models import Flight
from tests.browser.conftest import FLIGHTS
from tests.browser.test_live import capturing
from tests.browser.test_pages import violations
from tests.browser.test_shared_stream import NO_WORKER
from tests.support.browser import OpenWindow
from tests.support.process import ServerProcess
from tests.support.server import Server
from tests.support.site import change_flight, flights_to

pytestmark = pytest.mark.browser

ROUNDS = 5
MOST_GROWTH = 0.1


CANCELLED = ".panel:has(h2:has-text('Cancelled')) .tile-number"


def cancel(database: str, *flights: int) -> None:
    """Cancel flights as another program does, of which nobody is told."""
    with capturing(database) as sessions, sessions.begin() as session:
        for flight in flights:
            session.get_one(Flight, flight).status = "cancelled"


def test_a_wall_survives_its_server(flights_database: str, open_window: OpenWindow) -> None:
    with ServerProcess(flights_database, models=FLIGHTS, heartbeat=1) as server:
        window = open_window(server.url, viewport={"width": 1920, "height": 1080})
        window.expect_problems("ERR_")
        page = window.open("/boards/departures?wall=departures,operations&every=2")
        title, stale = page.locator("h1"), page.locator(".wall-stale")
        figure = page.locator(CANCELLED)
        assert page.locator(".bar").is_hidden()
        expect(title).to_have_text("Operations")
        # The board that came by its turn is followed as the first one was.
        page.evaluate("() => { window.turned = document.querySelector('h1'); }")
        cancel(flights_database, 1)
        expect(figure).to_have_text("1")
        assert page.evaluate("turned.isConnected")

        server.kill()
        expect(stale).to_have_text(re.compile(r"As of \d\d:\d\d, reconnecting"))
        assert stale.bounding_box()["height"] > 60  # type: ignore[index]
        assert violations(page) == []
        cancel(flights_database, *range(2, 9))
        page.wait_for_event("requestfailed", lambda request: "?wall" in request.url)
        assert page.evaluate("turned.isConnected")
        server.start()
        expect(stale).to_be_hidden()
        expect(figure).to_have_text("8")


def test_a_links_wall_stops_when_it_is_revoked(board: Server, open_window: OpenWindow) -> None:
    editor = open_window(board).sign_in("ed", "/boards/operations/share")
    editor.get_by_label("What it's for").fill("Screen in the lobby")
    editor.get_by_role("button", name="Make a link").click()
    path = editor.locator("#url").input_value().removeprefix(board.url)
    window = open_window(board)
    window.expect_problems("410")
    page = window.open(f"{path}?wall")
    before = int(page.locator(CANCELLED).inner_text())
    change_flight(board, flights_to(board, "BOS")[0], status="cancelled")
    expect(page.locator(CANCELLED)).to_have_text(str(before + 1))
    page.keyboard.press("p")
    editor.get_by_role("button", name="Revoke Screen in the lobby").click()
    expect(page.locator(".wall-stale")).to_contain_text("stopped")
    editor.goto("/boards/operations")
    change_flight(board, flights_to(board, "BOS")[1], status="cancelled")
    expect(editor.locator(CANCELLED)).to_have_text(str(before + 2))
    expect(page.locator(CANCELLED)).to_have_text(str(before + 1))


def sizes(page: Page) -> tuple[float, float]:
    """Return the bytes of the heap and the DOM's nodes, without what is garbage."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    devtools.send("HeapProfiler.collectGarbage")
    found = {
        each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]
    }
    devtools.detach()
    return found["JSHeapUsedSize"], found["Nodes"]


def test_what_a_wall_holds_does_not_grow(board: Server, open_window: OpenWindow) -> None:
    window = open_window(board, viewport={"width": 1920, "height": 1080})
    window.context.add_init_script(NO_WORKER)  # So that the connection is in the page's heap too.
    page = window.open("/boards/departures?wall=departures,operations&every=1")
    page.evaluate(
        """() => { window.turns = 0; const count = () => { turns += 1; };
             new MutationObserver(count).observe(document.querySelector("main"),
               { childList: true }); }"""
    )
    flights = flights_to(board, "MIA")
    samples = []
    for _ in range(ROUNDS):
        turns = page.evaluate("turns")
        for number, flight in enumerate(flights[:6]):
            delay = 100 + (int(time.monotonic() * 10) + number) % 50
            change_flight(board, flight, delay=delay, status="delayed")
            page.wait_for_timeout(50)
        page.wait_for_function("turns => window.turns >= turns + 2", arg=turns - turns % 2)
        samples.append(sizes(page))
    assert page.evaluate("turns") >= 2 * ROUNDS
    # The first rounds load what every later one uses again.
    (heap, nodes), (later_heap, later_nodes) = samples[2], samples[-1]
    print(f"\n{page.evaluate('turns')} turns: {heap:.0f} to {later_heap:.0f} bytes,")
    print(f"{nodes:.0f} to {later_nodes:.0f} nodes")
    assert later_heap < heap * (1 + MOST_GROWTH)
    assert later_nodes < nodes * (1 + MOST_GROWTH)

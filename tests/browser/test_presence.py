"""Two people at one record: each is told of the other while both have it open to edit."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import FLIGHTS
from tests.streaming.test_hub import wait_for
from tests.support.browser import OpenWindow
from tests.support.server import running
from tests.support.site import add_user, flights_to

pytestmark = pytest.mark.browser

SENTENCES: list[tuple[list[tuple[str, str, str]], int, str]] = [
    ([("me", "ada", "editing")], 1, ""),
    ([("me", "ada", "editing"), ("1", "bob", "watching")], 2, ""),
    ([("1", "bob", "editing"), ("me", "ada", "editing")], 2, "bob is editing this too."),
    (
        [(each, each, "editing") for each in ("me", "bob", "eve", "bob", "zoe")],
        5,
        "bob, eve and zoe are editing this too.",
    ),
    ([("1", "bob", "editing"), ("me", "me", "editing")], 9, "bob and others are editing this too."),
    (
        [("me", "ada", "editing"), ("2", "ada", "editing")],
        2,
        "You are editing this in another window.",
    ),
]


def test_a_line_that_fails_at_first_is_tried_again(
    flights_database: str, open_window: OpenWindow
) -> None:
    with running(flights_database, streaming="hub", models=FLIGHTS, heartbeat=0.5) as server:
        add_user(server, "ada", "editor")
        place = f"/tables/flights/{flights_to(server, 'IAD')[0]}"
        ada = open_window(server)
        page = ada.sign_in("ada", place)
        tries: list[WebSocketRoute] = []

        def refuse_once(socket: WebSocketRoute) -> None:
            tries.append(socket)
            if len(tries) == 1:
                socket.close(code=1011)
            else:
                socket.connect_to_server()

        page.route_web_socket("**/ws**", refuse_once)
        page.goto(f"{place}/edit")
        presence: Any = server.registry["dashboard.presence"]
        wait_for(lambda: page.wait_for_timeout(50) or len(presence.visitors(place)) == 1, 10)


def test_who_else_is_editing(flights_database: str, open_window: OpenWindow) -> None:
    with running(flights_database, streaming="hub", models=FLIGHTS, heartbeat=0.5) as server:
        for name in ("ada", "ed"):
            add_user(server, name, "editor")
        flight = flights_to(server, "IAD")[0]
        path = f"/tables/flights/{flight}/edit"
        ada, ed = open_window(server), open_window(server)
        first = ada.sign_in("ada", path)
        company = first.locator("[data-company]")
        presence: Any = server.registry["dashboard.presence"]
        wait_for(lambda: len(presence.visitors(f"/tables/flights/{flight}")) == 1)
        expect(company).to_be_empty()
        second = ed.sign_in("ed", path)
        expect(company).to_have_text("ed is editing this too.")
        expect(second.locator("[data-company]")).to_have_text("ada is editing this too.")
        second.locator("#field-delay").fill("25")
        second.get_by_role("button", name="Save", exact=True).click()
        second.wait_for_url(f"**/flights/{flight}")
        expect(company).to_be_empty()
        second.go_back()
        expect(company).to_have_text("ed is editing this too.")
        # The line comes back by itself after a break.
        for place in list(presence._places):
            for visitor in presence.visitors(place):
                presence.leave(place, visitor.id)
        hub: Any = server.hub
        for stream in list(hub._streams):
            hub._loop.call_soon_threadsafe(hub.drop, stream)
        wait_for(lambda: len(presence.visitors(f"/tables/flights/{flight}")) == 2, seconds=15)
        expect(company).to_have_text("ed is editing this too.")
        for visitors, count, wanted in SENTENCES:
            told = [{"id": id_, "name": name, "doing": doing} for id_, name, doing in visitors]
            assert (
                first.evaluate(
                    "async ([visitors, count]) => "
                    "(await import('/static/0/js/presence.js')).sentence(visitors, 'me', count)",
                    [told, count],
                )
                == wanted
            )

"""Boards stay equal to a fresh load: their panels, and where these are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from dashboard.models.boards import Board, Panel
from dashboard.views.panels import panel_view
from tests.support import tree
from tests.support.page import Page, fetch, get
from tests.support.server import Server
from tests.support.shop import Order, State
from tests.support.sse import EventStream
from tests.views.board_site import ORDERS, add_orders, make_board

ADDRESS = "/boards/shop"


@contextmanager
def watching(server: Server, page: Page) -> Iterator[EventStream]:
    query = urlencode({"view": ADDRESS, "since": page.cursor})
    with EventStream(f"{server.url}{page.stream}?{query}") as stream:
        assert stream.status == 200
        yield stream


def catch_up(server: Server, page: Page, stream: EventStream) -> None:
    """Apply patches until the page is as a fresh load."""
    for event in stream.only("patch"):
        tree.apply(page.root, event.data)
        if event.id is not None and shown(page) == shown(fetch(server.url + ADDRESS)):
            return


def shown(page: Page) -> tree.Node:
    view = tree.find_view(page.root, ADDRESS)
    assert view is not None
    return view


def panel(page: Page, title: str) -> tree.Node:
    return next(
        node
        for node in shown(page)
        if "data-key" in node.attributes and node.tag == "section" and title in node.text[:40]
    )


def test_every_kind_of_panel_follows_what_is_committed(server: Server) -> None:
    make_board(server, ORDERS)
    add_orders(server, 10, 20)
    page = fetch(server.url + ADDRESS)
    with watching(server, page) as stream:
        first, *_ = add_orders(server, 30, 70, state=State.paid, day=3)
        catch_up(server, page, stream)
        assert "130" in panel(page, "Sales").text
        assert "50" in panel(page, "Paid").text
        with server.sessions.begin() as session:
            session.delete(session.get_one(Order, first))
        catch_up(server, page, stream)
        assert "3 in all" in panel(page, "Latest").text


def test_a_panel_says_in_its_place_what_is_wrong(server: Server) -> None:
    make_board(server, ORDERS[-2:])
    page = fetch(server.url + ADDRESS)
    assert "shop_order has no column 'colour'" in panel(page, "Bad").text
    assert "you may not see it" in panel(page, "Unseen").text
    assert not [node for node in panel(page, "Unseen") if "href" in node.attributes]


def test_a_panel_that_takes_too_long_is_left_alone_for_a_while(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def too_slow(*_: object) -> None:
        asked.append(1)
        stopped = sqlite3.OperationalError("interrupted")
        stopped.sqlite_errorcode = sqlite3.SQLITE_INTERRUPT
        raise sa.exc.OperationalError("SELECT", {}, stopped)

    monkeypatch.setattr(panel_view, "load_tile", too_slow)
    make_board(server, [ORDERS[0], ORDERS[2]])
    page = fetch(server.url + ADDRESS)
    assert "takes the database too long" in panel(page, "Sales").text
    with watching(server, page) as stream:
        add_orders(server, 10)
        catch_up(server, page, stream)
    assert "1 in all" in panel(page, "Latest").text
    assert len(asked) == 1


def test_panels_that_change_come_and_go(server: Server) -> None:
    ids = make_board(server, ORDERS[:3])
    add_orders(server, 10)
    page = fetch(server.url + ADDRESS)
    with watching(server, page) as stream:
        with server.sessions.begin() as session:
            session.get_one(Panel, ids[0]).row = 9
            session.get_one(Panel, ids[1]).query = "_by=state"
            session.delete(session.get_one(Panel, ids[2]))
            values = {"board_id": session.scalar(sa.select(Board.id)), "table_name": "shop_order"}
            session.add(Panel(**values, title="New", kind="tile", query="_agg=count"))
            session.get_one(Board, values["board_id"]).title = "Moved"
        catch_up(server, page, stream)
        # What has come is followed from then on.
        add_orders(server, 20)
        catch_up(server, page, stream)
        assert "2" in panel(page, "New").text


def test_a_board_that_is_deleted_says_so(server: Server) -> None:
    make_board(server, ORDERS[:1])
    page = fetch(server.url + ADDRESS)
    with watching(server, page) as stream:
        with server.sessions.begin() as session:
            session.execute(sa.delete(Board))
        for event in stream.only("patch"):
            tree.apply(page.root, event.data)
            break
    assert "This board is gone" in shown(page).text
    assert get(server.url + ADDRESS)[0] == 404


def test_one_evaluation_for_all_who_watch(server: Server) -> None:
    make_board(server, ORDERS[:1])
    views = server.registry["dashboard.live_views"]
    page = fetch(server.url + ADDRESS)
    with watching(server, page) as one, watching(server, page) as other:
        before = views.evaluations
        add_orders(server, 10)
        for stream in (one, other):
            next(stream.only("patch"))
        # The list of orders alone: the board itself wasn't touched.
        assert views.evaluations == before + 1


def test_an_empty_board_helps(server: Server) -> None:
    make_board(server, [])
    assert "This board has no panels yet" in fetch(server.url + ADDRESS).root.text


@pytest.mark.parametrize("path", ["/boards/none", "/boards/%3Cb%3E"])
def test_there_is_no_such_board(server: Server, path: str) -> None:
    status, html = get(server.url + path)
    assert status == 404
    assert "There is no board at this address" in html


def test_boards_come_first_on_the_home_page(server: Server) -> None:
    make_board(server, ORDERS[:1], description="All <b>orders</b>")
    html = get(server.url + "/")[1]
    assert html.index('href="/boards/shop"') < html.index('href="/tables/shop_order"')
    assert "All &lt;b&gt;orders&lt;/b&gt;" in html
    assert "/tables/panels" not in html

"""What one process does, those who are with another see: by the backplane alone, without a look.

Each process looks at the log by itself so rarely, and has heartbeats so far apart, that nothing
here would be found by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.streaming.test_hub import wait_for
from tests.support import people
from tests.support.page import fetch
from tests.support.server import Server, running
from tests.support.services import address_of
from tests.support.shop import Tag
from tests.support.sse import EventStream
from tests.support.websocket import Socket
from tests.views.board_site import make_board

Pair = tuple[Server, Server]


@pytest.fixture
def pair(database: str) -> Iterator[Pair]:
    """Two processes of a site for those who sign in."""
    settings = {"backplane": address_of("redis"), "poll": 3600, "heartbeat": 60, "public": False}
    here = running(database, streaming="hub", **settings)
    there = running(database, streaming="hub", **settings)
    with here as one, there as two:
        for each in (one, two):
            wait_for(lambda each=each: each.registry["dashboard.backplane"].connected)
        people.add(one, "ed", "editor")
        yield one, two


def test_a_page_its_stream_and_an_edit_may_be_of_three(pair: Pair) -> None:
    one, two = pair
    with closing(people.sign_in(one, "ed")) as ed:
        cookies = people.cookies(ed)
        page = fetch(f"{one.url}/tables/tag", cookies)
        address = f"{two.url}/stream?view=/tables/tag&since={page.cursor}"
        with EventStream(address, cookies) as stream:
            form = {"csrf_token": people.token(ed.get("/tables/tag/new").text), "name": "new"}
            assert ed.post("/tables/tag/new", data=form).status_code == 303
            assert "new" in str(next(stream.only("patch")).data)


def test_signing_out_of_one_ends_what_another_holds(pair: Pair) -> None:
    one, two = pair
    with closing(people.sign_in(one, "ed")) as ed:
        cookies = people.cookies(ed)
        with (
            EventStream(f"{two.url}/changes", cookies) as stream,
            Socket(two.url, {"Origin": two.url, **cookies}) as socket,
        ):
            assert stream.status == 200
            people.sign_out(ed)
            assert next(stream.only("bye")).data == {"reason": "auth"}
            closed = socket.closed()
            assert (closed.code, closed.reason) == (1008, "auth")


def test_a_link_of_one_is_good_for_another_until_it_is_revoked(pair: Pair) -> None:
    one, two = pair
    make_board(one, [{"title": "Tags", "table_name": "tag"}])
    with closing(people.sign_in(one, "ed")) as ed:
        form = {"csrf_token": people.token(ed.get("/boards/shop/share").text)}
        answer = ed.post("/boards/shop/share", data={**form, "name": "Lobby", "days": "7"})
        (path,) = re.findall(r'value="http://[^/]+(/shared/[^"]+)"', answer.text)
        page = fetch(two.url + path)
        address = f"{two.url}{page.stream}?view=/boards/shop&since={page.cursor}"
        with EventStream(address) as stream:
            with one.sessions.begin() as session:
                session.add(Tag(name="for the lobby"))
            assert "for the lobby" in str(next(stream.only("patch")).data)
            page_of_links = ed.get("/boards/shop/share").text
            (revoke,) = re.findall(r'action="(/boards/shop/share/\d+/revoke)"', page_of_links)
            assert ed.post(revoke, data=form).status_code == 303
            assert next(stream.only("bye")).data == {"reason": "auth"}

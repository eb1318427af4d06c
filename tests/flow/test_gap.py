"""What is committed between a page's render and its stream's opening is on the page."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from dashboard.changes import Cursor
from tests.support.page import Page, fetch
from tests.support.server import Server, running
from tests.support.shop import Customer, Tag
from tests.support.sse import EventStream


def catch_up(server: Server, page: Page) -> None:
    """Open the page's stream, and apply its patches up to what has been committed."""
    head = server.registry["dashboard.broadcaster"].head().seq
    query = urlencode([*(("view", name) for name in page.views), ("since", page.cursor)])
    with EventStream(f"{server.url}{page.stream}?{query}") as stream:
        for event in stream.only("patch"):
            page.view.apply(event.data)
            if event.id is not None and Cursor.parse(event.id).seq >= head:
                return


@pytest.mark.parametrize("streaming", ["hub", "threads"])
def test_a_commit_in_the_gap_is_seen_a_hundred_times(database: str, streaming: str) -> None:
    with running(database, streaming=streaming) as server:
        for number in range(100):
            page = fetch(f"{server.url}/tables/tag?_sort_desc=name&_size=1000")
            name = f"tag {number:03}"
            with server.sessions.begin() as session:
                session.add(Tag(name=name))
            catch_up(server, page)
            assert name in {row["name"] for row in page.view.texts()}, number
            assert len(page.view.rows) == number + 1


@pytest.mark.parametrize("streaming", ["hub", "threads"])
def test_a_record_that_changes_in_the_gap(database: str, streaming: str) -> None:
    with running(database, streaming=streaming) as server:
        with server.sessions.begin() as session:
            session.add(Customer(id=1, name="Ann"))
        for number in range(30):
            page = fetch(f"{server.url}/tables/customer/1")
            with server.sessions.begin() as session:
                session.get_one(Customer, 1).name = f"Ann {number}"
            catch_up(server, page)
            fresh = fetch(f"{server.url}/tables/customer/1")
            assert page.view.shown() == fresh.view.shown()

"""A stream that several pages share: rendered at different times, for the same person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy.orm import sessionmaker

from dashboard.changes import install, log
from dashboard.models.engine import make_engine
from tests.support.page import Page, fetch
from tests.support.server import Server, running
from tests.support.shop import Tag
from tests.support.sse import EventStream

TAGS = "/tables/tag?_sort=name"


@pytest.fixture
def slow(database: str) -> Iterator[Server]:
    """A server that doesn't look by itself for what other processes commit."""
    with running(database, poll=3600, heartbeat=0.2) as server:
        yield server


@pytest.fixture
def elsewhere(database: str) -> Iterator[sessionmaker[Any]]:
    """Sessions of another process: what they commit is logged, and nobody is told."""
    engine = make_engine(database)
    sessions = sessionmaker(engine)
    install(sessions)
    yield sessions
    engine.dispose()


@contextmanager
def watching(server: Server, *pages: Page, **query: str) -> Iterator[EventStream]:
    pairs = [*(("view", page.view.name) for page in pages), *query.items()]
    with EventStream(f"{server.url}/stream?{urlencode(pairs)}") as stream:
        yield stream


def put(sessions: sessionmaker[Any], *names: str) -> None:
    with sessions.begin() as session:
        session.add_all(Tag(name=name) for name in names)


def drop(sessions: sessionmaker[Any], name: str) -> None:
    with sessions.begin() as session:
        session.delete(session.get_one(Tag, name))


def names(page: Page) -> list[str]:
    return list(page.view.rows)


def test_each_page_of_a_span_becomes_true(slow: Server, elsewhere: sessionmaker[Any]) -> None:
    """The server has the view from before either page's change, and no page is like it."""
    put(elsewhere, "a")
    old = fetch(slow.url + TAGS)
    with watching(slow, old, since=old.cursor) as first:
        assert next(first.only("ping"))
        put(elsewhere, "b")
        new = fetch(slow.url + TAGS)
        drop(elsewhere, "b")
        assert names(old) == ["a"]
        assert names(new) == ["a", "b"]
        with watching(slow, old, since=old.cursor, until=new.cursor) as shared:
            patch = next(shared.only("patch"))
            for page in (old, new):
                page.view.apply(patch.data)
                assert names(page) == ["a"]
            put(slow.sessions, "c")
            patch = next(shared.only("patch"))
            for page in (old, new):
                page.view.apply(patch.data)
                assert names(page) == ["a", "c"]


def test_a_patch_says_how_far_its_view_has_come(server: Server) -> None:
    put(server.sessions, "a")
    page, home = fetch(server.url + TAGS), fetch(server.url + "/")
    with watching(server, page, home, since="stale-0") as stream:
        first, second = (each for _, each in zip(range(2), stream.only("patch"), strict=False))
        assert first.id is None
        assert first.data["at"] == second.data["at"] == second.id == page.cursor
        put(server.sessions, "b")
        first, second = (each for _, each in zip(range(2), stream.only("patch"), strict=False))
        assert first.data["at"] == second.data["at"] == second.id != page.cursor


@pytest.mark.parametrize(
    ("until", "reset"),
    [("", None), ("nonsense", "junk"), ("zz-1", "epoch"), ("{epoch}-999999", "future")],
)
def test_what_until_may_be(server: Server, until: str, reset: str | None) -> None:
    put(server.sessions, "a")
    page = fetch(server.url + TAGS)
    put(server.sessions, "b")
    until = until.format(epoch=page.cursor.split("-")[0])
    with watching(server, page, since=page.cursor, until=until) as stream:
        event = next(stream.only("reset", "patch"))
        assert (event.event, event.data.get("reason")) == ("reset" if reset else "patch", reset)
        patch = event if reset is None else next(stream.only("patch"))
        page.view.apply(patch.data)
        assert names(page) == ["a", "b"]


def test_an_until_that_was_pruned_is_an_old_one(server: Server) -> None:
    """A browser that reconnects by itself has the address of an hour ago and a new last id."""
    put(server.sessions, "a")
    page = fetch(server.url + TAGS)
    put(server.sessions, "b")
    now = fetch(server.url + TAGS)
    with server.registry["dashboard.engine"].begin() as connection:
        log.prune(connection, log.prunable(connection, days=30, keep=1))
    with watching(server, page, since=now.cursor, until=page.cursor) as stream:
        put(server.sessions, "c")
        assert next(stream.only("reset", "patch")).event == "patch"


def test_pages_of_somebody_else_are_not_continued(server: Server) -> None:
    page = fetch(server.url + TAGS)
    with watching(server, page, since=page.cursor, user="wanda") as stream:
        assert [(each.event, each.data) for each in stream] == [("bye", {"reason": "auth"})]

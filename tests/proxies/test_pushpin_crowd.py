"""Feeds that Pushpin holds, many at once: none is lost across restarts, on either side.

``DASHBOARD_CLIENTS=1000 DASHBOARD_EVENTS=200 pytest tests/proxies/test_pushpin_crowd.py`` takes
more of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.orm import sessionmaker

from dashboard.changes import install, log
from dashboard.models.engine import make_engine
from tests.proxies.crowd import Crowd
from tests.proxies.pushpin import Pushpin
from tests.proxies.running import free_port
from tests.support.process import ServerProcess
from tests.support.shop import Customer, Tag

CLIENTS = int(os.environ.get("DASHBOARD_CLIENTS", "100"))
EVENTS = int(os.environ.get("DASHBOARD_EVENTS", "50"))
SECONDS = 60


class Writer:
    """Commits from a process that is not the server's: a tag, and now and then a customer."""

    def __init__(self, database: str) -> None:
        self._engine = make_engine(database)
        self._sessions = sessionmaker(self._engine)
        install(self._sessions)
        with self._engine.connect() as connection:
            self.first = self.seq = log.head(connection).seq
        self.tags: list[int] = []

    def commit(self, count: int, pause: float = 0.01) -> None:
        for _ in range(count):
            self.seq += 1
            customer = self.seq % 5 == 0
            if not customer:
                self.tags.append(self.seq)
            with self._sessions.begin() as session:
                session.add(Customer(name=f"c{self.seq}") if customer else Tag(name=f"t{self.seq}"))
            time.sleep(pause)

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture
def writer(database: str) -> Iterator[Writer]:
    found = Writer(database)
    yield found
    found.close()


@contextmanager
def crowded(pushpin: Pushpin) -> Iterator[Crowd]:
    paths = ["/changes", "/changes?table=tag"]
    with Crowd(pushpin.url, [paths[number % 2] for number in range(CLIENTS)]) as crowd:
        assert crowd.wait(lambda each: each.listening, SECONDS), "not all are there"
        yield crowd


def check(crowd: Crowd, writer: Writer) -> None:
    """Fail unless each client gets all that was committed and that it wants, once and in order."""
    expected = {
        "/changes": list(range(writer.first + 1, writer.seq + 1)),
        "/changes?table=tag": writer.tags,
    }
    started = time.monotonic()
    crowd.wait(lambda each: len(each.seen) >= len(expected[each.path]), SECONDS)
    print(f"the last has all {time.monotonic() - started:.1f} s after the last commit")
    for client in crowd.clients:
        assert client.seen == expected[client.path]


def test_none_is_lost_when_the_server_is_restarted(database: str, writer: Writer) -> None:
    port = free_port()
    with (
        Pushpin(port) as pushpin,
        ServerProcess(database, port=port, edge=pushpin.edge, environment="production") as server,
        crowded(pushpin) as crowd,
    ):
        writer.commit(EVENTS // 4)
        server.kill()
        writer.commit(EVENTS // 4)
        server.start()
        writer.commit(EVENTS - 2 * (EVENTS // 4))
        check(crowd, writer)
        # The clients have noticed nothing: Pushpin held them.
        assert {each.opened for each in crowd.clients} == {1}


def test_none_is_lost_when_pushpin_is_restarted(database: str, writer: Writer) -> None:
    port = free_port()
    with (
        Pushpin(port) as pushpin,
        ServerProcess(database, port=port, edge=pushpin.edge, environment="production"),
        crowded(pushpin) as crowd,
    ):
        writer.commit(EVENTS // 4)
        pushpin.kill()
        writer.commit(EVENTS // 4)
        pushpin.start()
        writer.commit(EVENTS - 2 * (EVENTS // 4))
        check(crowd, writer)
        assert min(each.opened for each in crowd.clients) == 2


def test_several_processes_publish_the_same(database: str, writer: Writer) -> None:
    port = free_port()
    with (
        Pushpin(port) as pushpin,
        ServerProcess(database, port=port, edge=pushpin.edge, environment="production"),
        ServerProcess(database, edge=pushpin.edge, environment="production") as second,
        crowded(pushpin) as crowd,
    ):
        writer.commit(EVENTS // 2)
        second.kill()
        writer.commit(EVENTS // 2)
        check(crowd, writer)

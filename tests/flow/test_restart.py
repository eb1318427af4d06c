"""PostgreSQL is killed and started again under a running program: streams stay, nothing is lost.

``DASHBOARD_RESTARTS=5 pytest tests/flow/test_restart.py`` does it more often.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from dashboard.changes import log
from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from tests.flow.watching import Feed, Watch
from tests.support import people
from tests.support.cluster import Cluster
from tests.support.rows import dump, replay
from tests.support.server import Server, running
from tests.support.shop import Base, Customer, Tag

RESTARTS = int(os.environ.get("DASHBOARD_RESTARTS", "2"))
RECOVERY = 10
"""Seconds after PostgreSQL's return within which pages are there again."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        engine = make_engine(cluster.url)
        upgrade(engine)
        Base.metadata.create_all(engine)
        engine.dispose()
        yield cluster


class Writer:
    """Commits two rows at a time, over and over; what fails it tries again under a new name."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.committed: list[str] = []
        self.failures = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._write)
        self.thread.start()

    def _write(self) -> None:
        number = 0
        while not self.done.is_set():
            number += 1
            try:
                with self.server.sessions.begin() as session:
                    session.add(Tag(name=f"t{number}"))
                    session.flush()
                    time.sleep(random.random() * 0.01)
                    session.add(Customer(name=f"t{number}"))
            except DBAPIError:
                self.failures += 1
                time.sleep(0.05)
            else:
                self.committed.append(f"t{number}")

    def stop(self) -> None:
        self.done.set()
        self.thread.join(timeout=30)


def test_streams_outlive_a_restart_and_no_commit_is_half_done(cluster: Cluster) -> None:
    with running(cluster.url, heartbeat=0.3, backplane="postgresql://") as server:
        people.add(server, "ada", "admin")
        ada = people.sign_in(server, "ada")
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in ada.cookies.items())}
        ada.close()
        head = server.registry["dashboard.broadcaster"].head().cursor
        feeds = [Feed(server.url, str(head)), Feed(server.url, str(head), headers)]
        page = Watch(server.url, ["/tables/tag?_sort_desc=name&_size=5"])
        for each in (*feeds, page):
            each.open()
        writer = Writer(server)
        slowest = 0.0
        for number in range(RESTARTS):
            time.sleep(0.5)
            cluster.kill() if number % 2 == 0 else cluster.stop()
            told = httpx.get(f"{server.url}/tables/tag")
            assert told.status_code == 503
            assert told.headers["Refresh"]
            time.sleep(0.7)  # Some heartbeats pass.
            cluster.start()
            started = time.monotonic()
            while httpx.get(f"{server.url}/tables/tag").status_code != 200:
                assert time.monotonic() - started < RECOVERY
                time.sleep(0.1)
            slowest = max(slowest, time.monotonic() - started)
        print(f"\nback {slowest:.1f} s after PostgreSQL at the latest")
        before = len(writer.committed)
        while len(writer.committed) < before + 5:
            assert writer.thread.is_alive()
            time.sleep(0.05)
        writer.stop()
        head = server.registry["dashboard.broadcaster"].head().cursor
        for feed in feeds:
            feed.catch_up(head.seq)
        page.catch_up(head.seq)
        page.check()
        assert server.hub.metrics.opened == len(feeds) + 1
        assert server.hub.metrics.byes == {}
        assert writer.failures
        check_whole(server, writer, feeds)
        for each in (*feeds, page):
            each.close()


def check_whole(server: Server, writer: Writer, feeds: list[Feed]) -> None:
    """Fail unless both rows of each commit are there, and the feeds and the log know them."""
    with server.registry["dashboard.reader"].connect() as connection:
        changes = log.read(connection, 0, limit=1_000_000)
        stored = dump(connection)
    rows: dict[Any, Any] = {}
    replay(rows, [each for each in changes if each.table != "people"])
    assert rows == stored
    tags = {key[0] for table, key in stored if table == "tag"}
    assert tags == {row["name"] for (table, _), row in stored.items() if table == "customer"}
    assert tags >= set(writer.committed)
    for feed in feeds:
        feed.missing([each.to_wire() for each in changes if each.seq > feed.first])

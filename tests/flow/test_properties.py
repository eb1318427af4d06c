"""Any sequence of commits and reconnects: log, feeds and pages agree with the database.

``DASHBOARD_FLOW_EXAMPLES=500 pytest tests/flow/test_properties.py`` looks longer than the default
run does: an example takes about a second.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dashboard.changes import log
from dashboard.queries.live import entries
from tests.flow import writing
from tests.flow.questions import paths
from tests.flow.watching import Feed, Watch
from tests.flow.writing import transactions
from tests.support.databases import Databases
from tests.support.rows import dump, replay
from tests.support.server import Server, running
from tests.support.shop import Customer, Tag

EXAMPLES = int(os.environ.get("DASHBOARD_FLOW_EXAMPLES", "12"))
STEPS = 25
BACKLOG = 64 * 1024 * 1024
"""More bytes than the largest example writes: clients here read when all has been written."""


@pytest.fixture(scope="module")
def shared(databases: Databases, template: str) -> Iterator[Server]:
    """One server for every example; idle views are soon forgotten, so that they don't add up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "GRACE", 0.3)
        with running(databases.make(template), heartbeat=0.03, backlog=BACKLOG) as server:
            yield server


class Flow(RuleBasedStateMachine):
    """Writers and watchers of the shop. What is rolled back is written with a word of its own."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self.registry = server.registry
        writing.empty(server.sessions)
        self.start = self.head()
        self.log: list[dict[str, Any]] = []
        self.replayed: dict[Any, Any] = {}
        self.feeds: list[Feed] = []
        self.pages: list[Watch] = []

    @initialize(rows=st.integers(0, 9), paths=st.lists(paths, min_size=1, max_size=4))
    def begin(self, rows: int, paths: list[str]) -> None:
        with self.server.sessions.begin() as session:
            writing.fill(session, rows)
        self.open_page(paths, 1)
        self.open_feed()

    @rule(transaction=transactions)
    def write(self, transaction: Any) -> None:
        writing.transact(self.server.sessions, transaction)

    @rule(step=writing.steps)
    def write_and_settle(self, step: writing.Step) -> None:
        """What one small change leads to, before another one covers it up."""
        self.write(([step], "commit"))
        self.settle()

    @rule(name=st.sampled_from("abc"))
    def write_from_threads(self, name: str) -> None:
        """Commits that overlap: their hooks run in any order."""

        def commit(writer: int) -> None:
            for number in range(3):
                with self.server.sessions.begin() as session:
                    session.merge(Tag(name=f"{name}{writer}{number}"))
                    session.add(Customer(name=f"{name}{number}"))

        threads = [Thread(target=commit, args=(writer,)) for writer in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @precondition(lambda self: len(self.feeds) < 3)
    @rule()
    def open_feed(self) -> None:
        self.feeds.append(Feed(self.server.url, str(self.head())))
        self.feeds[-1].open()

    @rule(which=st.integers(0, 2), count=st.integers(0, 3), missed=st.lists(transactions))
    def interrupt_feed(self, which: int, count: int, missed: list[Any]) -> None:
        """A feed breaks off wherever it is, and comes back by its last id."""
        feed = self.feeds[which % len(self.feeds)]
        feed.read(count)
        self.interrupt(feed, missed)

    @precondition(lambda self: len(self.pages) < 4)
    @rule(
        paths=st.lists(paths, min_size=1, max_size=3),
        later=st.integers(1, 3),
        missed=st.lists(transactions, max_size=2),
    )
    def open_page(self, paths: list[str], later: int, missed: Sequence[Any] = ()) -> None:
        """Render pages, the ``later``th ones of their rows, and open their stream a bit later."""
        self.pages.append(Watch(self.server.url, paths, pages=later))
        for transaction in missed:
            self.write(transaction)
        self.pages[-1].open()

    @rule(
        which=st.integers(0, 3),
        count=st.integers(0, 3),
        missed=st.lists(transactions),
        by_header=st.booleans(),
    )
    def interrupt_page(self, which: int, count: int, missed: list[Any], by_header: bool) -> None:
        page = self.pages[which % len(self.pages)]
        page.read(count)
        self.interrupt(page, missed, by_header)

    def interrupt(self, client: Feed | Watch, missed: list[Any], *how: bool) -> None:
        client.close()
        for transaction in missed:
            self.write(transaction)
        client.open(*how)

    # What holds.

    @invariant()
    def log_is_the_database(self) -> None:
        with self.registry["dashboard.reader"].connect() as connection:
            head = log.head(connection)
            fresh = log.read(connection, self.start.seq + len(self.log), limit=100_000)
            stored = dump(connection)
        self.log += [change.to_wire() for change in fresh]
        numbers = range(self.start.seq + 1, head.seq + 1)
        assert [each["seq"] for each in self.log] == list(numbers)
        replay(self.replayed, fresh)
        assert self.replayed == stored
        assert "phantom" not in str(fresh)

    @rule()
    def settle(self) -> None:
        self.log_is_the_database()
        head = self.head()
        for feed in self.feeds:
            feed.catch_up(head.seq)
            feed.missing([each for each in self.log if each["seq"] > feed.first])
        for page in self.pages:
            page.catch_up(head.seq)
            page.check()

    def head(self) -> Any:
        return self.registry["dashboard.broadcaster"].head().cursor

    def teardown(self) -> None:
        try:
            self.settle()
            assert not any("phantom" in text for page in self.pages for text in page.raw)
        finally:
            for each in [*self.feeds, *self.pages]:
                each.close()


@pytest.mark.timeout(400 + 10 * EXAMPLES)
@pytest.mark.filterwarnings("ignore:New instance .* conflicts with persistent instance")
def test_log_feeds_and_pages_agree_with_the_database(shared: Server) -> None:
    run_state_machine_as_test(
        lambda: Flow(shared),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

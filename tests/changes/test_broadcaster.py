"""The broadcaster: every change once and in order, or a word that it can't be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from dashboard.changes import (
    Broadcaster,
    Change,
    Cursor,
    Ended,
    Head,
    broadcaster_of,
    install,
    log,
)
from dashboard.models.engine import make_engine, reader_of
from dashboard.models.log import ChangeHead
from tests.support.shop import Tag


def commit(sessions: Any, *names: str) -> None:
    with sessions.begin() as session:
        session.add_all(Tag(name=name) for name in names)


def keys(changes: list[Change]) -> list[str]:
    return [change.key[0] for change in changes]


def collect(subscription: Any, count: int) -> list[Change]:
    """Take until ``count`` changes have come; fail where they don't come within 10 seconds."""
    found: list[Change] = []
    while len(found) < count:
        some = subscription.take(timeout=10)
        assert some, f"only {len(found)} of {count} changes came"
        found += some
    return found


def test_a_subscriber_gets_what_is_committed_from_now_on(
    sessions: Any, broadcaster: Broadcaster
) -> None:
    commit(sessions, "before")
    with broadcaster.subscribe() as subscription:
        commit(sessions, "a", "b")
        commit(sessions, "c")
        assert keys(collect(subscription, 3)) == ["a", "b", "c"]
        assert subscription.take(timeout=0) == []


def test_a_cursor_replays_the_log_and_goes_on_without_a_seam(
    sessions: Any, broadcaster: Broadcaster
) -> None:
    epoch = broadcaster.position.epoch
    commit(sessions, "a", "b", "c")
    with broadcaster.subscribe(f"{epoch}-1") as subscription:
        commit(sessions, "d")
        changes = collect(subscription, 3)
    assert [change.seq for change in changes] == [2, 3, 4]
    assert keys(changes) == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [
        ("nonsense", "junk"),
        ("abc-1-2", "junk"),
        ("\x00", "junk"),
        ("abc-" + "9" * 19, "junk"),
        ("ABC-1", "junk"),
        ("otherepoch-1", "epoch"),
        ("{epoch}-99", "future"),
        ("{epoch}-1", "pruned"),
    ],
)
def test_a_cursor_that_cannot_be_continued_is_told_reset(
    sessions: Any, broadcaster: Broadcaster, engine: Engine, cursor: str, reason: str
) -> None:
    commit(sessions, "a", "b", "c")
    with engine.begin() as connection:
        assert log.prune(connection, log.prunable(connection, days=1000, keep=1)) == 2
        epoch = log.head(connection).epoch
    with broadcaster.subscribe(cursor.format(epoch=epoch)) as subscription:
        assert subscription.reset == reason
        assert subscription.start == Cursor(epoch, 3)
        commit(sessions, "d")
        assert keys(collect(subscription, 1)) == ["d"]
    with broadcaster.subscribe(f"{epoch}-2") as subscription:
        assert subscription.reset is None
        assert keys(collect(subscription, 2)) == ["c", "d"]


def test_tables_are_left_out_but_count_as_seen(sessions: Any, broadcaster: Broadcaster) -> None:
    with broadcaster.subscribe(tables={"line"}) as subscription:
        commit(sessions, "a", "b")
        assert subscription.take(timeout=5) == []
        assert subscription.cursor.seq == 2


def test_what_another_process_commits_is_read_from_the_log(
    engine: Engine, sessions: Any, broadcaster: Broadcaster
) -> None:
    other = sessionmaker(make_engine(engine.url.render_as_string(hide_password=False)))
    install(other)  # It publishes to nobody.
    with broadcaster.subscribe() as subscription:
        commit(other, "theirs")
        commit(sessions, "mine")
        assert keys(collect(subscription, 2)) == ["theirs", "mine"]


def test_batches_that_arrive_out_of_order_are_delivered_in_order(
    broadcaster: Broadcaster, engine: Engine
) -> None:
    held: list[Any] = []
    late = sessionmaker(make_engine(engine.url.render_as_string(hide_password=False)))
    install(late, publish=held.append)
    with broadcaster.subscribe() as subscription:
        for name in "abcd":
            commit(late, name)
        for batch in reversed(held):
            broadcaster.publish(batch)
        changes = collect(subscription, 4)
        assert [change.seq for change in changes] == [1, 2, 3, 4]
        assert subscription.take(timeout=0.2) == []


def test_a_full_queue_ends_the_subscription_and_the_cursor_brings_it_back(engine: Engine) -> None:
    small = broadcaster_of(engine, queue_size=5, poll=60)
    sessions = sessionmaker(engine)
    install(sessions, publish=small.publish)
    with small.subscribe() as subscription:
        for number in range(8):
            commit(sessions, f"t{number}")
        with pytest.raises(Ended, match="overflow"):
            subscription.take(timeout=5)
        cursor = subscription.cursor
    with small.subscribe(str(cursor)) as again:
        assert again.reset is None
        commit(sessions, "t8")
        assert keys(collect(again, 9)) == [f"t{number}" for number in range(9)]
    small.stop()


def test_one_large_transaction_is_no_overflow(sessions: Any, engine: Engine) -> None:
    small = broadcaster_of(engine, queue_size=5, poll=0.05)
    with small.subscribe() as subscription:
        commit(sessions, *(f"t{number}" for number in range(50)))
        assert len(collect(subscription, 50)) == 50
    small.stop()


def test_a_new_epoch_resets_everybody(
    sessions: Any, broadcaster: Broadcaster, engine: Engine
) -> None:
    commit(sessions, "a")
    with broadcaster.subscribe() as subscription:
        with engine.begin() as connection:
            connection.execute(sa.update(ChangeHead).values(epoch="restored", seq=0))
        with pytest.raises(Ended, match="reset"):
            while True:
                subscription.take(timeout=5)
    assert broadcaster.position == Cursor("restored", 0)


def test_subscriptions_merge_only_when_both_have_taken_the_same_and_none_has_ended(
    sessions: Any, broadcaster: Broadcaster
) -> None:
    with broadcaster.follow() as shared, broadcaster.subscribe() as one:
        commit(sessions, "a")
        assert not broadcaster.merge(one, shared)
        collect(one, 1)
        assert not broadcaster.merge(one, shared)
        collect(shared, 1)
        one.end("overflow")
        assert not broadcaster.merge(one, shared)
    with broadcaster.follow() as shared, broadcaster.subscribe() as one:
        assert broadcaster.merge(one, shared)
        commit(sessions, "b")
        assert keys(collect(shared, 1)) == ["b"]
        assert one.take(timeout=0) == []


def test_stop_ends_a_subscriber_that_waits(broadcaster: Broadcaster) -> None:
    subscription = broadcaster.subscribe()
    stopping = threading.Timer(0.1, broadcaster.stop)
    stopping.start()
    assert list(subscription) == []
    stopping.join()


def test_writers_out_of_order_and_subscribers_of_all_kinds_see_each_number_once(
    sessions: Any, broadcaster: Broadcaster
) -> None:
    """Eight threads write 2,000 commits; 20 subscribers see 1..n in order."""
    writers, commits, errors = 8, 250, []
    subscriptions = [broadcaster.subscribe() for _ in range(20)]

    def write(writer: int) -> None:
        try:
            for number in range(commits):
                commit(sessions, f"{writer}-{number}")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    seen = [[change.seq for change in collect(each, writers * commits)] for each in subscriptions]
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(each == list(range(1, writers * commits + 1)) for each in seen)


class Interrupted(Broadcaster):
    """A broadcaster that looks at the log when it's told to; ``then`` comes after its next look."""

    def __init__(self, engine: Engine) -> None:
        self.looks = threading.Semaphore(0)
        self.heads: list[Callable[[], None]] = []
        self.logs: list[Callable[[], None]] = []

        def read_head() -> Head:
            with engine.connect() as connection:
                head = log.head(connection)
            self.looks.release()
            for then in self.heads[:1]:
                self.heads.remove(then)
                then()
            return head

        def read_log(after: int, through: int) -> list[Change]:
            with engine.connect() as connection:
                changes = log.read(connection, after, through)
            for then in self.logs[:1]:
                self.logs.remove(then)
                then()
            return changes

        super().__init__(read_head, read_log, poll=60)

    def look(self) -> None:
        """Have the log looked at, and return when that is over."""
        while self.looks.acquire(blocking=False):
            pass
        for _ in range(2):  # The second look begins when the first has ended.
            self._wake.set()
            assert self.looks.acquire(timeout=5)


@pytest.fixture
def interrupted(engine: Engine) -> Iterator[Interrupted]:
    broadcaster = Interrupted(reader_of(engine))
    yield broadcaster
    broadcaster.stop()


def test_a_commit_after_the_head_was_read_does_not_make_the_log_look_older(
    engine: Engine, interrupted: Interrupted
) -> None:
    sessions = sessionmaker(engine)
    install(sessions, publish=interrupted.publish)
    with interrupted.subscribe() as subscription:
        interrupted.heads.append(lambda: commit(sessions, "late"))
        interrupted.look()
        commit(sessions, "later")
        assert keys(collect(subscription, 2)) == ["late", "later"]


def test_a_large_commit_that_is_published_while_it_is_being_read(
    engine: Engine, interrupted: Interrupted
) -> None:
    held: list[Any] = []
    sessions = sessionmaker(engine)
    install(sessions, publish=held.append)
    names = [f"{number:04}" for number in range(1500)]  # More than are read at once.
    with interrupted.subscribe() as subscription:
        commit(sessions, *names)
        commit(sessions, "last")
        interrupted.logs.append(lambda: interrupted.publish(held[0]))
        interrupted.look()
        assert keys(collect(subscription, 1501)) == [*names, "last"]

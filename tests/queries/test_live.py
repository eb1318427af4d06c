"""Live views: who watches gets what a fresh look would show, and is told which number that is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from dashboard.changes import Broadcaster, Change, Cursor, Ended, log
from dashboard.models.engine import reader_of
from dashboard.models.log import ChangeHead
from dashboard.queries.live import LiveViews, TooSlow, Watcher, entries, touching
from dashboard.queries.live import watcher as watchers
from dashboard.queries.live.views import _load_apart
from tests.support.postgresql import fresh_schema
from tests.support.shop import Customer, Tag
from tests.support.slow import ENDLESS


class Names:
    """The names of all tags. ``before`` is called by the next load, once it has its snapshot."""

    reads = frozenset({"tag"})

    def __init__(self, key: str = "names") -> None:
        self.key = self.name = key
        self.before: list[Callable[[], None]] = []

    def touched_by(self, change: Change) -> bool:
        return not change.key[0].startswith("unseen")

    def load(self, session: Session) -> list[str]:
        names = list(session.scalars(sa.select(Tag.name).order_by(Tag.name)))
        while self.before:
            self.before.pop()()
        return names

    def parts(self, state: Any) -> tuple[()]:
        return ()

    def difference(self, old: Any, new: Any, changes: Sequence[Change]) -> list[dict[str, Any]]:
        return [{"op": "from", "old": old, "new": new, "keys": [each.key[0] for each in changes]}]

    def whole(self, state: Any) -> list[dict[str, Any]]:
        return [{"op": "whole", "new": state}]

    def totals(self, state: Any) -> dict[str, Any]:
        return {"total": len(state)}


class Live:
    """Live views over a real database, with what it takes to write and to look."""

    def __init__(self, engine: Engine, sessions: Any, broadcaster: Broadcaster) -> None:
        self.sessions = sessions
        self.broadcaster = broadcaster
        reader = sessionmaker(reader_of(engine, statement_timeout=1.0))
        self.broken: list[Exception] = []

        @contextmanager
        def reading() -> Iterator[Session]:
            if self.broken:
                raise self.broken.pop()
            with reader() as session:
                yield session

        self.reading = reading
        self.views = LiveViews(broadcaster, reading)

    def put(self, *names: str) -> Cursor:
        """Commit tags; return the cursor after them."""
        with self.sessions.begin() as session:
            session.add_all(Tag(name=name) for name in names)
        return self.head

    @property
    def head(self) -> Cursor:
        return self.broadcaster.head().cursor

    def watch(self, *views: Names, since: Cursor | None = None) -> Watcher:
        watcher = Watcher(lambda change: False)
        self.views.watch(views or [Names()], since, watcher)
        return watcher

    def settle(self) -> None:
        """Wait until the views have been given everything."""
        deadline = time.monotonic() + 10
        while self.views.position != self.head:
            assert time.monotonic() < deadline
            time.sleep(0.005)


@pytest.fixture
def live(engine: Engine, sessions: Any, broadcaster: Broadcaster) -> Live:
    return Live(engine, sessions, broadcaster)


def take(watcher: Watcher, timeout: float = 5) -> list[tuple[str, str, int]]:
    """Return each patch's operation, the names that it leads to, and its round's number."""
    return [
        (patch["ops"][0]["op"], " ".join(patch["ops"][0]["new"]), round_.cursor.seq)
        for round_ in watcher.mailbox.take(timeout)
        for patch in round_.patches
    ]


def follow(
    live: Live, since: Cursor | None, until: str, watcher: Watcher | None = None
) -> list[str]:
    """Watch as a page does that comes back when it's sent away; return what it shows by turns."""
    shown: list[str] = []
    deadline = time.monotonic() + 10
    watcher = watcher or live.watch(since=since)
    while time.monotonic() < deadline and until not in shown:
        try:
            shown += [names for _, names, _ in take(watcher, 0.1)]
        except Ended:
            watcher = live.watch(since=Cursor(live.head.epoch, 1))
    return shown


def test_a_page_of_the_present_gets_what_changes(live: Live) -> None:
    watcher = live.watch(since=live.put("a"))
    assert take(watcher, 0) == []
    live.put("b", "c")
    assert take(watcher) == [("from", "a b c", 3)]


@pytest.mark.parametrize("since", [None, Cursor("other", 1), Cursor("other", 10**6)])
def test_a_page_of_nowhere_gets_the_whole(live: Live, since: Cursor | None) -> None:
    live.put("a")
    assert take(live.watch(since=since)) == [("whole", "a", 1)]


def test_a_page_older_than_the_last_change_gets_the_whole(live: Live) -> None:
    old = live.put("a")
    live.put("b")
    first = live.watch(since=live.head)
    live.put("c")
    live.settle()
    assert take(live.watch(since=old)) == [("whole", "a b c", 3)]
    assert take(first) == [("from", "a b c", 3)]


def test_a_page_from_before_changes_elsewhere_gets_nothing(live: Live) -> None:
    live.watch(since=live.put("a"))
    old = live.head
    with live.sessions.begin() as session:
        session.add(Customer(name="Ann"))
    live.settle()
    assert take(live.watch(since=old), 0.1) == []


def test_a_page_newer_than_the_state_gets_the_whole_when_that_has_caught_up(live: Live) -> None:
    view = Names()
    first = live.watch(view, since=live.put("a"))
    newer: list[Watcher] = []
    # The round for "b" has its snapshot when "c" is committed and a page of it begins to watch.
    view.before.append(lambda: newer.append(live.watch(view, since=live.put("c"))))
    live.put("b")
    assert take(first) == [("from", "a b", 2)]
    assert take(newer[0]) == [("whole", "a b c", 3)]
    assert take(first)[0][1:] == ("a b c", 3)


def test_a_view_that_is_added_while_a_round_is_evaluated(live: Live) -> None:
    slow, late = Names("slow"), Names("late")
    live.watch(slow, since=live.put("a"))
    watchers: list[Watcher] = []

    def add() -> None:
        """Evaluate the late view at "b", have "c" committed, and only then let it join."""
        late.before.append(lambda: live.put("c"))
        watchers.append(live.watch(late, since=live.head))

    slow.before.append(add)
    live.put("b")
    live.settle()
    shown = [names for _, names, _ in take(watchers[0])]
    assert shown[-1] == "a b c"


def test_all_watchers_share_one_evaluation(live: Live) -> None:
    live.put("a")
    watchers = [live.watch(since=live.head) for _ in range(50)]
    live.settle()
    before = live.views.evaluations
    live.put("b")
    assert [take(each) for each in watchers] == [[("from", "a b", 2)]] * 50
    assert live.views.evaluations == before + 1


def test_a_change_that_leaves_the_state_as_it_was_says_nothing(live: Live) -> None:
    watcher = live.watch(since=live.put("a"))
    with live.sessions.begin() as session:
        session.add(Tag(name="b"))
    with live.sessions.begin() as session:
        session.execute(sa.delete(Tag).where(Tag.name == "b"))
    live.settle()
    final = take(watcher, 0)
    assert not final or final[-1][1] == "a"


def test_a_change_that_cannot_touch_a_view_costs_no_evaluation(live: Live) -> None:
    watcher = live.watch(since=live.put("a"))
    live.settle()
    before = live.views.evaluations
    for number in range(5):
        live.put(f"unseen{number}")
        live.settle()
    assert live.views.evaluations == before
    # It is none the less as new as the log: who comes with its cursor has it all.
    assert take(live.watch(since=live.head), 0.1) == []
    live.put("unseen5", "b")
    assert take(watcher)[-1][2] == live.head.seq
    assert live.views.evaluations == before + 1


def test_a_view_is_not_asked_of_each_of_very_many_changes(live: Live, monkeypatch: Any) -> None:
    monkeypatch.setattr(touching, "MOST_ASKED", 3)
    live.watch(since=live.put("a"))
    live.settle()
    before = live.views.evaluations
    live.put(*(f"unseen{number}" for number in range(4)))
    live.settle()
    assert live.views.evaluations == before + 1


def test_a_view_that_cannot_tell_is_evaluated(live: Live, caplog: Any) -> None:
    class Clueless(Names):
        def touched_by(self, change: Change) -> bool:
            raise LookupError("no idea")

    watchers = [live.watch(Clueless("clueless"), since=live.put("a")), live.watch(since=live.head)]
    live.put("b")
    assert [take(each)[-1][1] for each in watchers] == ["a b", "a b"]
    assert "no idea" in caplog.text


def test_a_view_that_takes_too_long_harms_no_other(
    live: Live, caplog: Any, monkeypatch: Any
) -> None:
    class Slow(Names):
        slow = False

        def load(self, session: Session) -> list[str]:
            if self.slow:
                session.execute(ENDLESS)
            return super().load(session)

    slow = Slow("slow")
    live.put("a")
    loser = live.watch(slow, since=live.head)
    others = [live.watch(Names(name), since=live.head) for name in "xyz"]
    slow.slow = True
    live.put("b")
    assert [take(each) for each in others] == [[("from", "a b", 2)]] * 3
    with pytest.raises(Ended, match="overflow"):
        loser.mailbox.take(5)
    # Who comes back at once isn't given the same wait again.
    before = live.views.evaluations
    with pytest.raises(TooSlow):
        live.watch(slow, since=live.head)
    assert live.views.evaluations == before
    monkeypatch.setattr(live.views._slow, "_pause", 0.0)
    live.views._slow.note(slow)
    with pytest.raises(OperationalError):
        live.watch(slow, since=live.head)
    live.put("c")
    assert [take(each) for each in others] == [[("from", "a b c", 3)]] * 3
    slow.slow = False
    assert take(live.watch(slow, since=Cursor(live.head.epoch, 1))) == [("whole", "a b c", 3)]
    assert "slow can't be evaluated" in caplog.text


def test_a_view_that_fails_leaves_the_snapshot_to_the_others() -> None:
    class Failing(Names):
        def load(self, session: Session) -> list[str]:
            return list(session.scalars(sa.text("SELECT nothing")))

    class Working(Names):
        def load(self, session: Session) -> list[str]:
            return list(session.scalars(sa.text("SELECT 'a'")))

    with fresh_schema() as engine, Session(engine) as session:
        with pytest.raises(ProgrammingError):
            _load_apart(session, Failing())
        assert _load_apart(session, Working()) == ["a"]


def test_who_does_not_take_ends_with_overflow(live: Live, monkeypatch: Any) -> None:
    monkeypatch.setattr(watchers, "MAILBOX_ROUNDS", 3)
    slow, quick = live.watch(since=live.put("a")), live.watch(since=live.head)
    for name in "bcdef":
        live.put(name)
        assert take(quick)
    with pytest.raises(Ended, match="overflow"):
        slow.mailbox.take(5)
    again = live.watch(since=Cursor(live.head.epoch, 1))
    assert take(again) == [("whole", "a b c d e f", 6)]


def test_an_idle_view_is_kept_for_a_while_and_then_forgotten(live: Live, monkeypatch: Any) -> None:
    watcher = live.watch(since=live.put("a"))
    live.views.leave(watcher)
    before = live.views.evaluations
    live.put("b")
    live.settle()
    assert live.views.evaluations == before + 1
    again = live.watch(since=live.head)
    assert live.views.evaluations == before + 1  # It came back to what was kept.
    live.views.leave(again)
    monkeypatch.setattr(entries, "GRACE", -1.0)
    live.put("c")
    live.settle()
    forgotten = live.views.evaluations
    live.put("d")
    live.settle()
    assert live.views.evaluations == forgotten


def test_who_leaves_gets_nothing_more(live: Live) -> None:
    watcher = live.watch(since=live.put("a"))
    live.views.leave(watcher)
    live.views.leave(watcher)
    live.put("b")
    live.settle()
    assert take(watcher, 0) == []
    assert live.views.watchers == 0


def test_a_right_that_a_change_takes_away_ends_the_watcher_before_it(live: Live) -> None:
    live.put("a")
    rights = {"kept": None, "lost": "auth"}
    watchers = {
        name: Watcher(lambda change: change.key == ("revoke",), lambda reason=reason: reason)
        for name, reason in rights.items()
    }
    for watcher in watchers.values():
        live.views.watch([Names()], live.head, watcher)
    live.put("revoke", "secret")
    assert take(watchers["kept"])[0][1] == "a revoke secret"
    with pytest.raises(Ended, match="auth"):
        watchers["lost"].mailbox.take(5)


@pytest.mark.parametrize("failures", [1, 3])
def test_a_database_that_is_away_ends_the_watchers_and_not_the_views(
    live: Live, monkeypatch: Any, failures: int, caplog: Any
) -> None:
    watcher = live.watch(since=live.put("a"))
    subscribe = live.broadcaster.subscribe

    def fail_at_first(*arguments: Any) -> Any:
        nonlocal failures
        failures -= 1
        if failures > 0:
            raise OSError("the database is away")
        return subscribe(*arguments)

    monkeypatch.setattr(live.broadcaster, "subscribe", fail_at_first)
    live.broken.append(OSError("the database is away"))
    live.put("b")
    with pytest.raises(Ended, match="overflow"):
        while True:
            watcher.mailbox.take(5)
    first = Cursor(live.head.epoch, 1)
    assert follow(live, first, until="a b")[-1] == "a b"
    live.put("c")
    assert follow(live, first, until="a b c")[-1] == "a b c"
    assert "the database is away" in caplog.text


def test_a_log_that_begins_anew_starts_everybody_over(live: Live, engine: Engine) -> None:
    watcher = live.watch(since=live.put("a"))
    with engine.begin() as connection:
        connection.execute(sa.update(ChangeHead).values(epoch="restored", seq=0))
        connection.execute(sa.delete(log.LOG))
    with pytest.raises(Ended, match="overflow"):
        while True:
            watcher.mailbox.take(5)
    live.settle()
    again = live.watch(since=live.head)
    live.put("b")
    assert take(again) == [("from", "a b", 1)]


def test_a_watcher_from_before_the_views_started_over_is_merged_with_none(live: Live) -> None:
    """It has missed what came in between, and must come back by its cursor."""
    old = live.watch(since=live.put("a"))
    live.broken.append(OSError("the database is away"))
    live.put("b")
    deadline = time.monotonic() + 10
    while live.broken:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)
    shared = Watcher(lambda change: False)
    live.views.follow([Names()], shared)
    assert not live.views.merge(old, shared)
    with pytest.raises(Ended, match="overflow"):
        old.mailbox.take(5)


def test_who_joins_while_the_views_start_over_misses_nothing(live: Live, monkeypatch: Any) -> None:
    live.watch(since=live.put("a"))
    subscribe = live.broadcaster.subscribe
    joined: list[Watcher] = []

    def subscribe_late(*arguments: Any) -> Any:
        """Let somebody watch in the middle of it, and a commit come right after."""
        joined.append(live.watch(since=live.head))
        live.put("c")
        monkeypatch.setattr(live.broadcaster, "subscribe", subscribe)
        return subscribe(*arguments)

    monkeypatch.setattr(live.broadcaster, "subscribe", subscribe_late)
    live.broken.append(OSError("the database is away"))
    live.put("b")
    deadline = time.monotonic() + 5
    while not joined:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    told = follow(live, live.head, until="a b c", watcher=joined[-1])
    assert told[-1] == "a b c"


def visit(live: Live, view: Names, seconds: float) -> None:
    """Render a page, watch it for a while and leave; fail where it shows what never was."""
    with live.reading() as session:
        at = log.head(session).cursor.seq
        shown = view.load(session)
    watcher = live.watch(view, since=Cursor(live.head.epoch, at))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for round_ in watcher.mailbox.take(0.01):
            assert round_.cursor.seq >= at
            at = round_.cursor.seq
            (patch,) = round_.patches
            (operation,) = patch["ops"]
            assert operation.get("old", shown) == shown
            shown = operation["new"]
            assert shown == sorted(f"w{number}" for number in range(at))
    live.views.leave(watcher)


def test_a_view_that_came_late_is_no_older_when_who_asked_for_it_has_left(live: Live) -> None:
    """It was evaluated before a round, and added after it; then its page went again."""
    live.put("a")
    other = live.watch(Names("other"), since=live.head)
    late, load = Names("late"), Names.load
    begun, done = threading.Event(), threading.Event()

    def load_slowly(session: Session) -> list[str]:
        found = load(late, session)
        begun.set()
        assert done.wait(5)
        return found

    late.load = load_slowly  # type: ignore[method-assign]
    with ThreadPoolExecutor() as pool:
        watching = pool.submit(live.watch, late, since=live.head)
        assert begun.wait(5)
        live.put("b")
        assert take(other) == [("from", "a b", 2)]
        live.views._round = lambda *_: None  # type: ignore[method-assign]
        done.set()
        live.views.leave(watching.result())
        del live.views._round
    late.load = lambda session: load(late, session)  # type: ignore[method-assign]
    live.views._wake()
    live.settle()
    deadline = time.monotonic() + 5
    while live.views._entry(late).at.seq < 2:
        assert time.monotonic() < deadline
        live.views._wake()
        time.sleep(0.01)
    assert take(live.watch(late, since=None)) == [("whole", "a b", 2)]


def test_pages_that_come_and_go_while_others_write(live: Live, monkeypatch: Any) -> None:
    monkeypatch.setattr(entries, "GRACE", 0.01)
    stop = threading.Event()

    def write() -> None:
        for number in count():
            if stop.wait(0.002):
                return
            live.put(f"w{number}")

    def visits(seed: int) -> None:
        for number in range(25):
            visit(live, Names(f"view {(seed + number) % 3}"), 0.01 * (number % 4))

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        try:
            for done in [pool.submit(visits, seed) for seed in range(4)]:
                done.result()
        finally:
            stop.set()
        writing.result()

"""Views that have parts: whoever watches one sees its parts come, change and go with it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from dashboard.changes import Broadcaster, Change, Cursor, Ended, log
from dashboard.models.engine import reader_of
from dashboard.queries.live import LiveViews, Watcher, entries
from dashboard.queries.live.entry import Entry
from tests.support.shop import Tag

State = tuple[str, ...]


class Names:
    """The names of tags that begin with ``start``."""

    reads = frozenset({"tag"})

    def __init__(self, start: str) -> None:
        self.key = self.name = f"names {start}"
        self.start = start

    def load(self, session: Session) -> State:
        found = sa.select(Tag.name).where(Tag.name.startswith(self.start)).order_by(Tag.name)
        return tuple(session.scalars(found))

    def parts(self, state: State) -> Sequence[Any]:
        return ()

    def touched_by(self, change: Change) -> bool:
        return True

    def difference(self, old: Any, new: Any, changes: Sequence[Change]) -> list[dict[str, Any]]:
        return [{"old": old, "new": new}]

    def whole(self, state: State) -> list[dict[str, Any]]:
        return [{"new": state}]

    def totals(self, state: State) -> dict[str, Any]:
        return {}


class Shelf(Names):
    """The tags that begin with "=": each is a part, the names that begin with what follows."""

    def __init__(self) -> None:
        super().__init__("=")

    def parts(self, state: State) -> Sequence[Names]:
        return [Names(name[1:]) for name in state]


class Page:
    """What a browser shows: the shelf, and for each part that is on it what came for it."""

    def __init__(self, session: Session) -> None:
        self.at = log.head(session).cursor
        shelf = Shelf()
        self.shelf = shelf.load(session)
        self.parts = {part.name: part.load(session) for part in shelf.parts(self.shelf)}

    def take(self, patch: dict[str, Any]) -> None:
        (operation,) = patch["ops"]
        if patch["view"] == Shelf().name:
            self.shelf = operation["new"]
            names = [part.name for part in Shelf().parts(self.shelf)]
            self.parts = {name: self.parts.get(name, ("nothing yet",)) for name in names}
        elif patch["view"] in self.parts:
            if "old" in operation:
                assert operation["old"] == self.parts[patch["view"]]
            self.parts[patch["view"]] = operation["new"]

    def follow(self, watcher: Watcher, timeout: float) -> None:
        for round_ in watcher.mailbox.take(timeout):
            for patch in round_.patches:
                self.take(patch)
            self.at = round_.cursor


class Live:
    def __init__(self, engine: Engine, sessions: Any, broadcaster: Broadcaster) -> None:
        self.sessions = sessions
        self.broadcaster = broadcaster
        reader = sessionmaker(reader_of(engine))

        @contextmanager
        def reading() -> Iterator[Session]:
            with reader() as session:
                yield session

        self.reading = reading
        self.views = LiveViews(broadcaster, reading)

    def add(self, *names: str) -> None:
        with self.sessions.begin() as session:
            session.add_all(Tag(name=name) for name in names)

    def drop(self, name: str) -> None:
        with self.sessions.begin() as session:
            session.execute(sa.delete(Tag).where(Tag.name == name))

    def load(self) -> Page:
        with self.reading() as session:
            return Page(session)

    def watch(self, since: Cursor | None) -> Watcher:
        watcher = Watcher(lambda change: False)
        self.views.watch([Shelf()], since, watcher)
        return watcher


@pytest.fixture
def live(engine: Engine, sessions: Any, broadcaster: Broadcaster) -> Live:
    return Live(engine, sessions, broadcaster)


def until(page: Page, watcher: Watcher, done: Callable[[Page], bool]) -> None:
    for _ in range(500):
        if done(page):
            return
        page.follow(watcher, 0.02)
    raise AssertionError((page.shelf, page.parts))


def test_a_part_changes_comes_and_goes(live: Live) -> None:
    live.add("=a", "a1", "b1")
    page = live.load()
    watcher = live.watch(page.at)
    live.add("a2")
    until(page, watcher, lambda page: page.parts == {"names a": ("a1", "a2")})
    live.add("=b")
    until(page, watcher, lambda page: page.parts.get("names b") == ("b1",))
    live.add("b2")
    until(page, watcher, lambda page: page.parts["names b"] == ("b1", "b2"))
    live.drop("=a")
    until(page, watcher, lambda page: "names a" not in page.parts)
    evaluations = live.views.evaluations
    live.views.leave(watcher)
    assert live.views.watchers == 0
    assert evaluations == live.views.evaluations


def test_a_page_from_before_a_part_gets_it_whole_though_another_had_it_long(live: Live) -> None:
    live.add("=a", "a1", "b1")
    other = Watcher(lambda change: False)
    live.views.watch([Names("b")], None, other)
    page = live.load()
    live.add("=b")
    watcher = live.watch(page.at)
    until(page, watcher, lambda page: page.parts == live.load().parts)


def test_all_share_one_evaluation_of_a_part(live: Live) -> None:
    live.add("=a", "a1")
    pages = [live.load() for _ in range(5)]
    watchers = [live.watch(page.at) for page in pages]
    before = live.views.evaluations
    live.add("a2")
    for page, watcher in zip(pages, watchers, strict=True):
        until(page, watcher, lambda page: page.parts == {"names a": ("a1", "a2")})
    assert live.views.evaluations == before + 2  # The shelf, since it reads tags too, and a part.


def test_who_shares_a_watcher_has_its_parts(live: Live) -> None:
    live.add("=a", "a1")
    page = live.load()
    own, shared = live.watch(page.at), Watcher(lambda change: False)
    live.views.follow([Shelf()], shared)
    until(page, own, lambda page: live.views.merge(own, shared))
    live.add("=b", "b1", "a2")
    until(page, shared, lambda page: page.parts == live.load().parts)


def visit(live: Live, stop: threading.Event, seed: int) -> None:
    """Load pages, follow them for a while, come back by the cursor; end with what is loaded."""
    choose = random.Random(seed)
    page = live.load()
    watcher = live.watch(page.at)
    while not stop.is_set():
        try:
            page.follow(watcher, 0.01)
        except Ended:
            watcher = live.watch(page.at)
        if choose.random() < 0.1:
            live.views.leave(watcher)
            if choose.random() < 0.5:
                page = live.load()
            watcher = live.watch(page.at)
    fresh = live.load()
    until(page, watcher, lambda page: (page.shelf, page.parts) == (fresh.shelf, fresh.parts))


def test_pages_stay_equal_to_what_is_loaded(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "GRACE", 0.01)
    stop = threading.Event()
    choose = random.Random(7)
    names = [f"={letter}" for letter in "abcd"] + [
        f"{letter}{n}" for letter in "abcd" for n in "12"
    ]
    there: set[str] = set()
    with ThreadPoolExecutor() as pool:
        visits = [pool.submit(visit, live, stop, seed) for seed in range(4)]
        for _ in range(400):
            name = choose.choice(names)
            (live.drop if name in there else live.add)(name)
            there ^= {name}
        stop.set()
        for each in visits:
            each.result()


def at(seq: int) -> Cursor:
    return Cursor("e", seq)


def told(page: Page, watcher: Watcher) -> dict[str, State]:
    page.follow(watcher, 0)
    return page.parts


@pytest.fixture
def blank(live: Live) -> Page:
    """A page that was loaded when there was nothing on the shelf."""
    return live.load()


def test_a_part_that_came_back_is_sent_to_a_page_from_between(blank: Page) -> None:
    shelf, part = Entry(Shelf(), ("=a",), at(60), at(1)), Entry(Names("a"), ("a1",), at(62), at(62))
    held = entries.Entries(at(60))
    held.keep(part)
    watcher = Watcher(lambda change: False)
    assert held.join([shelf], at(61), 61, watcher)
    held.hand_out({shelf: ("=a",)}, (), (), at(62))
    assert told(blank, watcher) == {"names a": ("a1",)}


def test_a_part_that_nobody_has_evaluated_yet_is_evaluated_in_the_next_round(blank: Page) -> None:
    shelf, part = (
        Entry(Shelf(), ("=a",), at(60), at(60)),
        Entry(Names("a"), ("a1",), at(60), at(60)),
    )
    held = entries.Entries(at(60))
    watcher = Watcher(lambda change: False)
    assert held.join([shelf], at(60), 60, watcher)
    held.hand_out({shelf: ("=a",)}, (part,), (), at(60))
    assert told(blank, watcher) == {"names a": ("a1",)}


def test_a_page_from_after_a_round_is_not_taken_back_by_it() -> None:
    shelf, part = Entry(Shelf(), (), at(60), at(60)), Entry(Names("a"), (), at(60), at(60))
    held = entries.Entries(at(60))
    held.keep(part)
    watcher = Watcher(lambda change: False)
    assert held.join([shelf], at(65), 65, watcher)  # While the round below is evaluated.
    held.hand_out({shelf: ("=a",), part: ("a1",)}, (), (), at(62))
    assert watcher.mailbox.take(0) == []
    held.hand_out({shelf: ("=a",), part: ("a2",)}, (), (), at(65))
    (round_,) = watcher.mailbox.take(0)
    assert [each["ops"] for each in round_.patches] == [[{"new": ("=a",)}], [{"new": ("a2",)}]]


def test_a_part_that_is_sent_whole_is_not_sent_as_a_difference_too(blank: Page) -> None:
    shelf = Entry(Shelf(), ("=a",), at(60), at(60))
    part = Entry(Names("a"), ("a1",), at(62), at(62))
    held = entries.Entries(at(60))
    held.keep(part)
    watcher = Watcher(lambda change: False)
    assert held.join([shelf], at(61), 61, watcher)
    held.hand_out({shelf: ("=a",), part: ("a2",)}, (), (), at(63))
    assert told(blank, watcher) == {"names a": ("a2",)}

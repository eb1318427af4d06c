"""Live views: what pages show, kept equal to what a fresh load would show.

One thread follows the log. For each round of changes it opens one snapshot of the database,
evaluates every view that the changes may touch once, and hands the difference to all who watch
it. A round knows every change up to its snapshot's head, so that what it sends never holds
anything newer than the cursor that it names.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from dashboard.changes import Broadcaster, Change, Cursor, Ended, Subscription, log
from dashboard.models.engine import is_away, is_timeout
from dashboard.queries.live.entries import GRACE, Entries
from dashboard.queries.live.entry import Entry
from dashboard.queries.live.slow import SlowViews
from dashboard.queries.live.view import LiveView
from dashboard.queries.live.watcher import Watcher

logger = logging.getLogger(__name__)

REST = 2.0
LONGEST_REST = 0.25
"""After a round the thread rests for REST times its duration, at most this many seconds."""

AWAY = 0.5
"""Seconds after which a database that is away is asked again."""


class WatchedView(NamedTuple):
    """A view, how many watch it (who share a stream count once), and how long it is read for."""

    view: LiveView
    watchers: int
    seconds: float


class LiveViews:
    """The views that somebody watches. ``reading`` opens a session on one snapshot.

    ``evaluations`` counts how often a view was read from the database.
    """

    def __init__(
        self, broadcaster: Broadcaster, reading: Callable[[], AbstractContextManager[Session]]
    ) -> None:
        self._broadcaster = broadcaster
        self._reading = reading
        self._starting = threading.Lock()
        self._entries: Entries | None = None
        self._subscription: Subscription | None = None
        self._slow = SlowViews()
        self.evaluations = 0

    @property
    def entries(self) -> Entries:
        """The views and their watchers. The first who asks starts the thread."""
        with self._starting:
            if self._entries is None:
                self._subscription = self._broadcaster.subscribe()
                self._entries = Entries(self._subscription.start)
                threading.Thread(target=self._run, name="dashboard-live", daemon=True).start()
            return self._entries

    @property
    def position(self) -> Cursor:
        """Every watcher has been given all up to here."""
        return self.entries.position

    @property
    def watchers(self) -> int:
        """How many watchers there are; those who share one count once."""
        return 0 if self._entries is None else len(self._entries)

    @property
    def watched(self) -> list[WatchedView]:
        """What is watched now, those that take the longest first."""
        entries = [] if self._entries is None else self._entries.snapshot()
        found = [WatchedView(each.view, len(each.watchers), each.took) for each in entries]
        return sorted(found, key=lambda each: -each.seconds)

    def watch(
        self,
        views: Sequence[LiveView],
        since: Cursor | None,
        watcher: Watcher,
        until: Cursor | None = None,
    ) -> None:
        """Send ``watcher`` what changes in ``views``, whose page was rendered at ``since``.

        None, or a cursor of another log, gets each view as a whole. With ``until`` there are
        several pages, of which each was rendered somewhere from ``since`` to ``until``.
        """
        entries = self.entries
        found = self._found(views)
        seqs = [each.seq for each in (since, until) if each is not None]
        try:
            owed = entries.join(found, since, max(seqs, default=0), watcher)
        except BaseException:
            entries.leave(watcher)
            raise
        if owed:
            self._wake()

    def follow(self, views: Sequence[LiveView], watcher: Watcher) -> None:
        """Send ``watcher`` what changes in ``views`` from now on."""
        if self.entries.follow(self._found(views), watcher):
            self._wake()

    def merge(self, watcher: Watcher, into: Watcher) -> bool:
        """Drop a watcher for another if both have taken exactly the same; tell if so."""
        return self.entries.merge(watcher, into)

    def leave(self, watcher: Watcher) -> None:
        self.entries.leave(watcher)

    def _found(self, views: Sequence[LiveView]) -> list[Entry]:
        """Return the entries of ``views``, and see to it that those of their parts are there."""
        found = [self._entry(view) for view in views]
        for entry in found:
            for part in entry.parts():
                self.entries.keep(self._entry(part))
        return found

    def _entry(self, view: LiveView) -> Entry:
        """Return the view's entry, evaluated now where nobody has watched it yet."""
        entry = self.entries.get(view.key)
        if entry is not None:
            return entry
        self._slow.check(view)
        with self._reading() as session:
            head = log.head(session).cursor
            state, took = self._load(session, view)
        return Entry(view, state, at=head, changed=head, took=took)

    def _load(self, session: Session, view: LiveView) -> tuple[Any, float]:
        """Return a view's state, and how many seconds it was read for."""
        self.evaluations += 1
        started = time.monotonic()
        try:
            return _load_apart(session, view), time.monotonic() - started
        except OperationalError as error:
            if is_timeout(error):
                self._slow.note(view)
            raise

    def _wake(self) -> None:
        assert self._subscription is not None
        self._subscription.wake()

    def _run(self) -> None:
        entries = self.entries
        while True:
            assert self._subscription is not None
            try:
                changes = self._subscription.take(timeout=GRACE / 3)
                started = time.monotonic()
                self._round_when_possible(entries, changes)
                # A table that changes all the time must not eat the server: the more a round
                # costs, the more changes wait for the next one. After a pause it's at once.
                time.sleep(min(LONGEST_REST, REST * (time.monotonic() - started)))
            except Ended as ended:
                if ended.reason in ("shutdown", "closed"):
                    entries.end("shutdown")
                    return
                self._start_over(entries)
            except Exception:
                logger.exception("A round of live views failed; its watchers start over.")
                self._start_over(entries)
                time.sleep(1)

    def _round_when_possible(self, entries: Entries, changes: list[Change]) -> None:
        """Do a round; where the database is away, do it when it is back."""
        away = False
        while True:
            try:
                self._round(entries, changes)
                if away:
                    logger.info("Live views can be read again.")
                return
            except DBAPIError as error:
                if not is_away(error):
                    raise
                # Nothing was handed out, so nobody has to start over.
                if not away:
                    logger.warning("Live views wait until the database is back: %s", error)
                away = True
                time.sleep(AWAY)
                if self._broadcaster.stopped:
                    raise Ended("shutdown") from error

    def _start_over(self, entries: Entries) -> None:
        """Begin anew after a break: every watcher comes back by its cursor."""
        entries.end("overflow")
        assert self._subscription is not None
        self._subscription.close()
        self._subscription = self._subscribe_again()
        # Who came meanwhile may have been evaluated before that position, so it ends as well.
        entries.start_over(self._subscription.start)

    def _subscribe_again(self) -> Subscription:
        while True:
            try:
                return self._broadcaster.subscribe()
            except Exception as error:
                logger.warning("Live views can't follow the log yet: %s", error)
                time.sleep(1)

    def _round(self, entries: Entries, changes: list[Change]) -> None:
        with self._reading() as session:
            head = log.head(session).cursor
            changes = _complete(session, changes, entries.position, head)
            states: dict[Entry, Any] = {}
            fresh: dict[Hashable, Entry] = {}
            for entry in entries.due(changes, head):
                try:
                    state, entry.took = self._load(session, entry.view)
                    for part in entry.view.parts(state):
                        if part.key not in fresh and entries.get(part.key) is None:
                            of_part, took = self._load(session, part)
                            fresh[part.key] = Entry(part, of_part, head, head, took=took)
                    states[entry] = state
                except Exception as error:
                    if is_away(error):
                        raise
                    # One view's failure, such as a query that takes too long, is its own. A view
                    # of the database may fail at its data, which is no fault of the program.
                    told = not isinstance(error, DBAPIError) or isinstance(error, ProgrammingError)
                    logger.log(
                        logging.ERROR if told else logging.WARNING,
                        "%s can't be evaluated; its watchers end: %s",
                        entry.view.name,
                        getattr(error, "orig", error),
                        exc_info=told,
                    )
                    entries.drop(entry)
        if entries.hand_out(states, fresh.values(), changes, head):
            self._wake()


def _load_apart(session: Session, view: LiveView) -> Any:
    """Load a view so that the session goes on where it fails."""
    if session.get_bind().dialect.name == "sqlite":
        return view.load(session)
    # Elsewhere an error ends the transaction, or at least the savepoint that it's in.
    with session.begin_nested():
        return view.load(session)


def _complete(
    session: Session, changes: list[Change], position: Cursor, head: Cursor
) -> list[Change]:
    """Return exactly the changes from the last round to the snapshot's head."""
    changes = [each for each in changes if position.seq < each.seq <= head.seq]
    last = changes[-1].seq if changes else position.seq
    while last < head.seq:
        more = log.read(session, last, head.seq)
        if not more or more[0].seq != last + 1:
            raise LookupError(f"The log does not continue after {last}.")
        changes += more
        last = more[-1].seq
    return changes

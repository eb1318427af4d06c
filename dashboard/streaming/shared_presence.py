"""The presence of several processes, by notes on their backplane."""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dashboard.changes import Backplane
from dashboard.changes.backplanes import LONGEST_NOTE
from dashboard.streaming.presence import LocalPresence, Visitor, in_order

logger = logging.getLogger(__name__)

REFRESH = 10.0
"""Seconds after which a process says again who is with it: notes may be lost."""

SILENCES = 3
"""Times that a process may miss saying so before its visitors count as gone."""

Place = str
Item = tuple[Place, Visitor]


class SharedPresence(LocalPresence):
    """This process's visitors, and those that others have told of.

    ``epoch`` returns that of the log: programs of other databases may be on the same backplane.
    """

    def __init__(
        self, backplane: Backplane, epoch: Callable[[], str], refresh: float = REFRESH
    ) -> None:
        super().__init__()
        self._backplane = backplane
        self._epoch = epoch
        self._refresh = refresh
        self._me = secrets.token_hex(4)
        self._others: dict[Place, dict[str, tuple[Visitor, float]]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._keep_telling, name="dashboard-presence", daemon=True
        )

    def start(self) -> None:
        """Begin to hear the others, and to be heard."""
        self._backplane.hear_notes(self._heard)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()

    def enter(self, place: str, visitor: Visitor) -> None:
        super().enter(place, visitor)
        self._tell_here([(place, visitor)])

    def leave(self, place: str, visitor_id: str) -> None:
        super().leave(place, visitor_id)
        self._note(gone=[place, visitor_id])

    def visitors(self, place: str) -> tuple[Visitor, ...]:
        now = time.monotonic()
        with self._lock:
            others = list(self._others.get(place, {}).values())
        there = [visitor for visitor, until in others if until > now]
        return in_order([*super().visitors(place), *there])

    def _keep_telling(self) -> None:
        first = True
        while first or not self._stopping.wait(self._refresh):
            try:
                self._note(new=first)
                self._tell_here(self._mine())
                self._forget()
                first = False
            except Exception:
                logger.exception("Who is present couldn't be told to the other processes.")
                self._stopping.wait(self._refresh)

    def _mine(self) -> list[Item]:
        with self._lock:
            here = [(place, list(there.values())) for place, there in self._places.items()]
        return [(place, visitor) for place, visitors in here for visitor in visitors]

    def _forget(self) -> None:
        """Take away those of whom nothing was heard for too long."""
        now, changed = time.monotonic(), []
        with self._lock:
            for place, there in list(self._others.items()):
                late = [id_ for id_, (_, until) in there.items() if until <= now]
                for id_ in late:
                    del there[id_]
                if late:
                    changed.append(place)
                if not there:
                    del self._others[place]
        for place in changed:
            self._tell(place)

    def _tell_here(self, items: Iterable[Item]) -> None:
        for some in _in_notes(items):
            self._note(here=some)

    def _note(self, **what: Any) -> None:
        note = {"presence": self._me, "log": self._epoch(), **what}
        self._backplane.tell(json.dumps(note, separators=(",", ":")))

    def _heard(self, text: str) -> None:
        note = _read(text)
        if note.get("presence") in (None, self._me) or note.get("log") != self._epoch():
            return
        if note.get("new"):
            self._tell_here(self._mine())
        for place, *visitor in note.get("here", ()):
            self._came(place, Visitor(*visitor))
        if "gone" in note:
            self._went(*note["gone"])

    def _came(self, place: Place, visitor: Visitor) -> None:
        until = time.monotonic() + SILENCES * self._refresh
        with self._lock:
            there = self._others.setdefault(place, {})
            known = there.get(visitor.id)
            there[visitor.id] = (visitor, until)
        if known is None or known[0] != visitor:
            self._tell(place)

    def _went(self, place: Place, visitor_id: str) -> None:
        with self._lock:
            there = self._others.get(place, {})
            gone = there.pop(visitor_id, None)
            if not there:
                self._others.pop(place, None)
        if gone is not None:
            self._tell(place)


def _read(text: str) -> dict[str, Any]:
    """Return what a note says: {} where it is of another program, which writes what it likes."""
    try:
        note = json.loads(text)
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}


def _in_notes(items: Iterable[Item]) -> Iterator[list[list[str]]]:
    """Gather visitors to notes that aren't too long; a place with a longer name isn't told."""
    some: list[list[str]] = []
    size, most = 0, LONGEST_NOTE - 200
    for place, visitor in items:
        item = [place, visitor.id, visitor.name, visitor.doing]
        length = len(json.dumps(item)) + 1
        if length > most:
            continue
        if size + length > most:
            yield some
            some, size = [], 0
        some.append(item)
        size += length
    if some:
        yield some

"""Who is where at this moment: at which record, and whether to edit it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

DOING = ("watching", "editing")
"""What a visitor does, from the least to the most."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at a place. ``id`` is that of the connection: a person may have several."""

    id: str
    name: str
    doing: str

    def to_wire(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "doing": self.doing}


def in_order(visitors: Iterable[Visitor]) -> tuple[Visitor, ...]:
    """Return who edits first, and who watches after them."""
    return tuple(sorted(visitors, key=lambda each: -DOING.index(each.doing)))


class Presence(Protocol):
    """Thread-safe. A place is the address of a record's page.

    ``visitors`` answers from memory; the others may take their time. Where a process dies, what
    it said of its own visitors must not stay: an implementation that is shared by processes has
    to let it expire.
    """

    def enter(self, place: str, visitor: Visitor) -> None:
        """Put a visitor at a place; one who is there already may do something else now."""

    def leave(self, place: str, visitor_id: str) -> None:
        """Take a visitor away from a place; nothing happens where there is none."""

    def visitors(self, place: str) -> tuple[Visitor, ...]:
        """Return who is at a place: who edits first, and in the order in which they came."""

    def watch(self, notify: Callable[[str], None]) -> None:
        """Call ``notify`` with a place, from any thread, when its visitors have changed.

        It must not block.
        """

    def close(self) -> None:
        """Stop hearing of others."""


class LocalPresence:
    """The presence of one process, in its memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[str, dict[str, Visitor]] = {}
        self._watchers: list[Callable[[str], None]] = []

    def enter(self, place: str, visitor: Visitor) -> None:
        with self._lock:
            there = self._places.setdefault(place, {})
            changed = there.get(visitor.id) != visitor
            there[visitor.id] = visitor
        if changed:
            self._tell(place)

    def leave(self, place: str, visitor_id: str) -> None:
        with self._lock:
            there = self._places.get(place, {})
            gone = there.pop(visitor_id, None)
            if not there:
                self._places.pop(place, None)
        if gone is not None:
            self._tell(place)

    def visitors(self, place: str) -> tuple[Visitor, ...]:
        with self._lock:
            return in_order(self._places.get(place, {}).values())

    def watch(self, notify: Callable[[str], None]) -> None:
        with self._lock:
            self._watchers.append(notify)

    def close(self) -> None:
        """There are no others."""

    def _tell(self, place: str) -> None:
        for notify in tuple(self._watchers):
            notify(place)

"""Telling the sockets at a place who else is there, encoded once for all of them."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from typing import Protocol

from dashboard.streaming.presence import Presence
from dashboard.streaming.websocket.frames import message_frame

DELAY = 0.05
DELAY_FOR_EACH = 0.001
"""Seconds that a change waits for further ones, so that a crowd that comes at once is told of
itself a few times, not once for each who comes."""

MOST_NAMED = 20


class Guest(Protocol):
    def tell(self, place: str, frame: bytes) -> None: ...


class Gatherings:
    """All methods but ``changed`` run on the hub's thread."""

    def __init__(self, loop: AbstractEventLoop, presence: Presence) -> None:
        self._loop = loop
        self._presence = presence
        self._places: dict[str, dict[Guest, None]] = {}
        self._due: set[str] = set()
        presence.watch(self.changed)

    def changed(self, place: str) -> None:
        """Tell those who are at a place soon; called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed, place)

    def enter(self, place: str, guest: Guest) -> None:
        """Tell a guest who is there, now and when it changes."""
        self._places.setdefault(place, {})[guest] = None
        guest.tell(place, self._frame(place))

    def leave(self, place: str, guest: Guest) -> None:
        there = self._places.get(place, {})
        there.pop(guest, None)
        if not there:
            self._places.pop(place, None)

    def _changed(self, place: str) -> None:
        there = self._places.get(place)
        if there is not None and place not in self._due:
            self._due.add(place)
            self._loop.call_later(DELAY + DELAY_FOR_EACH * len(there), self._tell, place)

    def _tell(self, place: str) -> None:
        self._due.discard(place)
        there = list(self._places.get(place, ()))
        if there:
            frame = self._frame(place)
            for guest in there:
                guest.tell(place, frame)

    def _frame(self, place: str) -> bytes:
        visitors = self._presence.visitors(place)
        named = [each.to_wire() for each in visitors[:MOST_NAMED]]
        return message_frame(
            {"type": "presence", "record": place, "count": len(visitors), "visitors": named}
        )

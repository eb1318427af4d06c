"""When which stream's heartbeat is due: a wheel, so that they are spread over the interval."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator

from dashboard.streaming.stream import Stream


class Heartbeats:
    """Hands out each stream once in every ``interval`` seconds, at a random phase of its own.

    The wheel turns once in an interval; a stream lies in one of its slots until it ends, so a
    turn of the wheel moves nothing.
    """

    def __init__(self, interval: float, slots: int = 60) -> None:
        self.tick = interval / slots
        self._slots: deque[dict[Stream, None]] = deque({} for _ in range(slots))
        self._of: dict[Stream, dict[Stream, None]] = {}

    def add(self, stream: Stream) -> None:
        slot = random.choice(self._slots)
        slot[stream] = None
        self._of[stream] = slot

    def remove(self, stream: Stream) -> None:
        slot = self._of.pop(stream, None)
        if slot is not None:
            slot.pop(stream, None)

    def turn(self) -> Iterator[Stream]:
        """Yield the streams that are due, and go on to the next slot."""
        slot = self._slots[0]
        self._slots.rotate(-1)
        yield from list(slot)

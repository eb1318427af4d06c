"""A bounded, thread-safe queue between one who publishes and one who listens."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Ended(Exception):
    """A subscription is over. ``reason`` is a word of the wire: overflow, shutdown, reset, auth."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Mailbox(Generic[Item]):
    """Holds what one subscriber has yet to take.

    It is bounded: an item that doesn't fit ends the subscription with reason ``overflow`` and
    empties it, and the subscriber comes back by its cursor. ``notify``, where given, is called
    from the publishing thread whenever there is something to take; it must not block.
    """

    def __init__(self, limit: int, notify: Callable[[], None] | None = None) -> None:
        self._limit = limit
        self._items: deque[Item] = deque()
        self._ready = threading.Condition()
        self._ended: str | None = None
        self._notify = notify
        self._woken = False

    @property
    def waiting(self) -> bool:
        """Whether there is something to take, be it that the subscription is over."""
        return bool(self._items) or self._ended is not None

    def put(self, items: Sequence[Item]) -> None:
        """Add ``items`` at once, without blocking; drop them when the subscription is over.

        An empty mailbox takes any number, so that one large transaction isn't an overflow.
        """
        with self._ready:
            if self._ended is not None:
                return
            news = not self._items
            if self._items and len(self._items) + len(items) > self._limit:
                self._items.clear()
                self._ended = "overflow"
            else:
                self._items.extend(items)
            self._ready.notify_all()
        # Who was told and hasn't taken yet will find these too.
        if news and self._notify is not None:
            self._notify()

    def take(self, timeout: float | None = None) -> list[Item]:
        """Return everything that waits, [] when nothing came within ``timeout`` seconds.

        What was put before the end is still handed out; then it raises Ended.
        """
        with self._ready:
            self._ready.wait_for(self._has_news, timeout)
            self._woken = False
            if self._items:
                items = list(self._items)
                self._items.clear()
                return items
            if self._ended is not None:
                raise Ended(self._ended)
            return []

    def _has_news(self) -> bool:
        return self._woken or self.waiting

    def wake(self) -> None:
        """Let ``take`` return at once, though there may be nothing to take."""
        with self._ready:
            self._woken = True
            self._ready.notify_all()

    def end(self, reason: str) -> None:
        """End the subscription; the first reason stays."""
        with self._ready:
            if self._ended is None:
                self._ended = reason
            self._ready.notify_all()
        if self._notify is not None:
            self._notify()

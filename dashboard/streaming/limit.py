"""How many streams may be open at once, so that pages keep threads to be served by."""

from __future__ import annotations

import random
import threading

from pyramid.httpexceptions import HTTPServiceUnavailable


class TooManyStreams(HTTPServiceUnavailable):
    """The cap is reached. Retry-After differs by client, so that they don't return at once."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"All {limit} streams of this server are taken; the page tries again by itself."
        )
        self.headers["Retry-After"] = str(random.randint(2, 8))


THREADS = 40
"""The cap where nothing else is set and each stream holds a thread of the server."""


class StreamLimit:
    """Counts open streams up to ``limit``."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._open = 0
        self._lock = threading.Lock()

    @property
    def open(self) -> int:
        return self._open

    def acquire(self) -> None:
        """Take a place; raise TooManyStreams where there is none."""
        with self._lock:
            if self._open >= self.limit:
                raise TooManyStreams(self.limit)
            self._open += 1

    def release(self) -> None:
        with self._lock:
            self._open -= 1

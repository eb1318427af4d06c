"""When a server may publish its next event."""

from __future__ import annotations

import time

from benchmarks.window import Window

LOOK_AGAIN = 0.001
"""Seconds until a publisher that is far enough ahead looks again; it shares the server's core."""


class Pace:
    """Flat out, but at most ``window`` events ahead of the clients; or one event each ``gap`` s."""

    def __init__(self, received: Window, streams: int, window: int, gap: float) -> None:
        self._received = received
        self._streams = streams
        self._window = window
        self._gap = gap
        self._began = time.monotonic()

    def wait(self, published: int) -> float:
        """Return the seconds to wait before the next event, 0 for none."""
        if self._gap:
            return max(0.0, self._began + published * self._gap - time.monotonic())
        if self._streams and published - self._window >= self._received.get() / self._streams:
            return LOOK_AGAIN
        return 0.0

"""A client of the feed that notes what it was told, and how late."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping
from http.client import HTTPException

from tests.support.sse import EventStream


class Subscriber(threading.Thread):
    """A client of ``/changes``, of any of the servers, which comes back by its last id."""

    def __init__(self, urls: list[str], times: Mapping[str, float]) -> None:
        super().__init__(daemon=True)
        self.urls, self.times = urls, times
        self.seen: list[int] = []
        self.delays: list[float] = []
        self.resets = 0
        self._over = False

    def run(self) -> None:
        last = None
        for url in itertools.cycle(self.urls):
            if self._over:
                return
            headers: dict[str, str] = {} if last is None else {"Last-Event-ID": last}
            try:
                with EventStream(f"{url}/changes", headers, timeout=60) as stream:
                    for event in stream:
                        last = event.id or last
                        self.resets += event.event == "reset"
                        if event.event == "change":
                            self._take(event.data)
                        if self._over:
                            return
            except (OSError, HTTPException, AttributeError):
                time.sleep(0.05)

    def _take(self, change: dict[str, object]) -> None:
        now = time.monotonic()
        self.seen.append(int(str(change["seq"])))
        committed = self.times.get(str(change["key"][0]))  # type: ignore[index]
        self.delays.append(0.0 if committed is None else now - committed)

    def end(self) -> None:
        """End with the next event, be it a heartbeat."""
        self._over = True

"""Views that took too long a moment ago: nobody need wait for the same again."""

from __future__ import annotations

import time
from collections.abc import Hashable

from dashboard.queries.live.view import LiveView

PAUSE = 10.0
"""Seconds for which a view isn't tried again that the database was stopped at."""


class TooSlow(Exception):
    """A view can't be watched for now, since evaluating it took too long a moment ago."""


class SlowViews:
    """Which views to leave alone for a while; those who watched them all come back at once."""

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._until: dict[Hashable, float] = {}

    def note(self, view: LiveView) -> None:
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[view.key] = now + self._pause

    def check(self, view: LiveView) -> None:
        """Raise TooSlow for a view that is still left alone."""
        if self._until.get(view.key, 0.0) > time.monotonic():
            raise TooSlow(view.name)

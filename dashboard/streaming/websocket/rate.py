"""How much may come in a time: a bucket that fills by itself (the token bucket)."""

from __future__ import annotations


class Rate:
    """``per_second`` in the long run, ``at_once`` at most in one go."""

    __slots__ = ("_at", "_at_once", "_left", "_per_second")

    def __init__(self, per_second: float, at_once: float, now: float) -> None:
        self._per_second = per_second
        self._at_once = at_once
        self._left = at_once
        self._at = now

    def allows(self, cost: float, now: float) -> bool:
        """Take ``cost`` at a time in seconds; tell whether there was that much."""
        self._left = min(self._at_once, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < cost:
            return False
        self._left -= cost
        return True

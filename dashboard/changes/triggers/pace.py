"""How much is moved at once: nobody who writes is to wait for the mover for long.

On SQLite all who write wait for its transaction; on PostgreSQL those do who write to the log,
the sessions of the program.
"""

from __future__ import annotations

FEWEST, MOST = 20, 500
"""Notes of which changes are made in one transaction."""

HOLD = {"sqlite": 0.001, "postgresql": 0.010}
"""Seconds for which the lock is to be held: PostgreSQL's commits take some of their own."""

BREATH = {"sqlite": 2.0, "postgresql": 0.0}
"""How many times as long the lock is left to others then. Who waits for SQLite's asks for it after
1 ms, 3 ms, 8 ms and so on; PostgreSQL's go to those who wait in turn."""


class Pace:
    """Knows how many notes can be moved in the time that there is for it."""

    def __init__(self, database: str) -> None:
        self._hold = HOLD[database]
        self._breath = BREATH[database]
        self.notes = FEWEST

    def held(self, notes: int, seconds: float) -> float:
        """Learn from how long it took; return for how many seconds others are to have the lock."""
        ideal = notes * self._hold / max(seconds, 1e-6)
        # Something else may have kept it up this once.
        self.notes = round(min(max(ideal, self.notes / 2, FEWEST), self.notes * 2, MOST))
        return self._breath * min(seconds, self._hold)

"""How much is done in one transaction, so that nobody who writes waits for it for long.

On SQLite all who write wait for a transaction of ours; on PostgreSQL those do who write to the
log, the sessions of the program.
"""

from __future__ import annotations

FEWEST, MOST = 20, 500
"""Rows of one transaction."""

SQLITE_HOLD, HOLD = 0.002, 0.010
"""Seconds for which the lock is to be held: PostgreSQL's commits take some of their own."""

SQLITE_BREATH = 1.0
"""How many times as long SQLite's lock is left to others then, at the least: who waits for it asks
for it after 1 ms, 3 ms, 8 ms and so on, while PostgreSQL's go to those who wait in turn."""


class Pace:
    """Knows how many ``rows`` can be done in the time that there is for it."""

    def __init__(self, database: str) -> None:
        sqlite = database == "sqlite"
        self._hold = SQLITE_HOLD if sqlite else HOLD
        self._breath = SQLITE_BREATH if sqlite else 0.0
        self.rows = FEWEST

    def held(self, rows: int, seconds: float) -> float:
        """Learn from how long it took; return for how many seconds others are to have the lock."""
        ideal = rows * self._hold / max(seconds, 1e-6)
        # Something else may have kept it up this once.
        self.rows = round(min(max(ideal, self.rows / 2, FEWEST), self.rows * 2, MOST))
        return self._breath * min(seconds, self._hold)

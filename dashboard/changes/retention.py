"""Keeps the change log from growing for ever."""

from __future__ import annotations

import logging
import threading
import time

from sqlalchemy import Engine

from dashboard.changes import log
from dashboard.changes.pace import Pace
from dashboard.models.engine import reader_of

logger = logging.getLogger(__name__)


class Retention:
    """Prunes the log by age (days) and by number, now and then every ``interval`` seconds."""

    def __init__(self, engine: Engine, days: float, keep: int, interval: float = 3600.0) -> None:
        self._engine = engine
        self._reader = reader_of(engine)
        self._days = days
        self._keep = keep
        self._interval = interval
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="dashboard-retention", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is just being pruned."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def prune(self) -> int:
        """Prune once, a few changes at a time; return how many went."""
        with self._reader.connect() as connection:
            through = log.prunable(connection, self._days, self._keep)
        pace = Pace(self._engine.dialect.name)
        pruned = 0
        while gone := self._prune(through, pace):
            pruned += gone
        return pruned

    def _prune(self, through: int, pace: Pace) -> int:
        with self._engine.begin() as connection:
            began = time.perf_counter()
            gone = log.prune(connection, through, pace.rows)
            held = time.perf_counter() - began
        time.sleep(pace.held(gone, held))
        return gone

    def _run(self) -> None:
        while True:
            try:
                gone = self.prune()
                if gone:
                    logger.info("Pruned %d changes from the log.", gone)
            except Exception:
                logger.exception("Pruning the change log failed; trying again later.")
            if self._stopping.wait(self._interval):
                return

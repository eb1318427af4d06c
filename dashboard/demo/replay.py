"""Play the recorded day into the database as it happened: one commit for each minute with news.

Everything goes through ordinary sessions, as it would if a feed from an airport wrote it. How far
the day has come is kept in the same transactions, so that a replay goes on where the last one
was, whatever ended it.
"""

from __future__ import annotations

import logging
import math
import secrets
from datetime import datetime
from threading import Event
from time import monotonic
from typing import Any

from sqlalchemy.orm import sessionmaker

from dashboard.demo import board
from dashboard.demo.day import Designator, Values, board_at, news

logger = logging.getLogger(__name__)

START = datetime(2013, 7, 22, 16, 0)
"""Where the day begins unless someone says otherwise: the evening's thunderstorms come up."""


class Replay:
    """One player. ``speed`` 60 plays a minute in a second; with ``loop`` the day begins again
    when it is over; ``longest_wait`` (seconds) cuts the silences of the night short."""

    def __init__(
        self,
        sessions: sessionmaker[Any],
        speed: float,
        *,
        start: datetime | None = None,
        loop: bool = False,
        longest_wait: float = math.inf,
    ) -> None:
        self._sessions = sessions
        self._speed = speed
        self._start = start
        self._loop = loop
        self._longest_wait = longest_wait
        self._stop = Event()
        self._player = secrets.token_hex(8)
        self._ids: dict[Designator, int] = {}
        self.clock = ""
        """The time of day on the board, such as ``17:42``."""
        self.over = False
        """Whether the day's last news is told."""

    def stop(self) -> None:
        """End ``run`` soon, between two commits. Safe from any thread and signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Play until the day is over, or ``stop`` is called, or another replay begins."""
        try:
            self._play(self._begin(self._start))
            while self._loop and not self._stop.is_set():
                self._play(self._begin(self._start or START))
        except board.TakenOver:
            logger.info("Another replay plays the day from now on; this one ends.")

    def _begin(self, start: datetime | None) -> datetime:
        """Lay the board out at ``start``; without one go on where the last replay was."""
        with board.writing(self._sessions) as session:
            self._ids = board.find_flights(session)
            last = board.position(session)
            moment = start or last or START
            if moment != last:
                board.tell(session, self._ids, board_at(moment))
            board.take(session, self._player, moment)
        self._set_clock(moment)
        return moment

    def _play(self, before: datetime) -> None:
        due, self.over = monotonic(), False
        for moment, flights in news().items():
            if moment <= before:
                continue
            wait = (moment - before).total_seconds() / self._speed
            # A machine that was asleep doesn't hurry to catch up.
            due = max(due + min(wait, self._longest_wait), monotonic())
            if self._stop.wait(due - monotonic()):
                return
            self._tell(moment, flights)
            before = moment
        self.over = True

    def _tell(self, moment: datetime, flights: dict[Designator, Values]) -> None:
        with board.writing(self._sessions) as session:
            board.keep(session, self._player, moment)
            board.tell(session, self._ids, flights)
        self._set_clock(moment)

    def _set_clock(self, moment: datetime) -> None:
        last, self.clock = self.clock, moment.strftime("%H:%M")
        if last[:2] != self.clock[:2]:
            logger.info("The flight board's clock is at %s.", self.clock)

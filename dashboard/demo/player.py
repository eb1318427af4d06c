"""The replay inside of a server: it starts when someone looks, and ends with the process."""

from __future__ import annotations

import logging
from threading import Event, Lock, Thread
from typing import Any

from sqlalchemy.orm import sessionmaker

from dashboard.demo.replay import Replay
from dashboard.models.engine import is_away

logger = logging.getLogger(__name__)

LONGEST_WAIT = 2.0
"""Seconds of silence at most: who opens the demo in its night must not think that it is dead."""

AGAIN = 2.0
"""Seconds until a database that couldn't be written to is tried again."""


class Player:
    """Plays the day over and over on a thread that begins with the first request.

    So commands that only load the application (pshell, proutes) leave the board alone. The
    thread needs no farewell: a commit is whole or it isn't there.
    """

    def __init__(self, sessions: sessionmaker[Any], speed: float) -> None:
        self._replay = Replay(sessions, speed, loop=True, longest_wait=LONGEST_WAIT)
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stop = Event()

    def begin(self, _event: Any = None) -> None:
        """Start the thread, once."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="replay", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Stop the thread and wait for it."""
        self._stop.set()
        self._replay.stop()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._replay.run()
                return
            except Exception as error:
                if is_away(error):
                    logger.warning("The flight board waits for its database: %s", error)
                    self._stop.wait(AGAIN)
                    continue
                logger.exception("The replay ended; the flight board stands still.")
                return

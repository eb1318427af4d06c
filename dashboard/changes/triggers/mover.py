"""The mover: a thread of the server that moves what triggers noted into the log."""

from __future__ import annotations

import atexit
import logging
import random
import threading
from collections.abc import Callable

from dashboard.changes.triggers.look import Overtaken
from dashboard.changes.triggers.moving import Moving
from dashboard.changes.triggers.wakers import Waker

logger = logging.getLogger(__name__)

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before a database that failed is tried again: doubled from one to the other."""

LONGEST_LEAVE = 1.0
"""The same for notes that somebody else was faster with."""


class Mover:
    """Survives a database that is away, which is logged once."""

    def __init__(self, moving: Moving, connect: Callable[[], Waker]) -> None:
        self._moving = moving
        self._connect = connect
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._failing = False
        self._leave = SHORTEST_PAUSE

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="dashboard-mover", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Stop after the piece that is just being moved."""
        self._stopping.set()
        atexit.unregister(self.stop)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        pause = SHORTEST_PAUSE
        while not self._stopping.is_set():
            try:
                self._follow()
            except Exception:
                if not self._failing:
                    pause = SHORTEST_PAUSE
                    logger.exception(
                        "Notes of triggers can't be moved; trying again until they can."
                    )
                self._failing = True
                self._stopping.wait(pause * random.uniform(0.5, 1.0))
                pause = min(2 * pause, LONGEST_PAUSE)

    def _follow(self) -> None:
        waker = self._connect()
        try:
            while not self._stopping.is_set():
                if waker.wait(self._stopping):
                    self._move()
                if self._failing:
                    logger.info("Notes of triggers can be moved again.")
                    self._failing = False
        finally:
            waker.close()

    def _move(self) -> None:
        """Move what there is; leave it to others for a while where they are at it."""
        try:
            self._moving.move()
            self._leave = SHORTEST_PAUSE
        except Overtaken:
            self._stopping.wait(self._leave * random.uniform(0.1, 1.0))
            self._leave = min(2 * self._leave, LONGEST_LEAVE)

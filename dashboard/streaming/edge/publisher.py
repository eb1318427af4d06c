"""The publisher: hands what is committed to the edge, in order, from a thread of its own."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from dashboard.changes import Change, Cursor, Ended, Subscription
from dashboard.streaming.edge.control import Away, ControlPort, Refused
from dashboard.streaming.edge.grip import Item

logger = logging.getLogger(__name__)

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before the edge is tried again: doubled from one to the other, and jittered."""

A_WHILE = 1.0
"""Seconds after which a thread that waits for changes looks whether it should end."""


class Closing(Exception):
    """The publisher was closed while the edge was away."""


class Items(Protocol):
    """What the edge is sent."""

    @property
    def again(self) -> Item:
        """What has every held stream ask for what it has missed."""

    def of(self, change: Change, epoch: str) -> Sequence[Item]:
        """Return what it is told of a change in the log of ``epoch``."""

    def ping(self, cursor: Cursor) -> Item:
        """Return the heartbeat."""


class Publisher:
    """``follow`` subscribes to what is committed from now on; ``heartbeat`` is in seconds.

    Its queue is the subscription's. When that is full, since the edge was away for long, it
    begins anew and has every stream ask; so it does at its start, for what was committed before.
    """

    def __init__(
        self,
        port: ControlPort,
        follow: Callable[[], Subscription],
        items: Items,
        heartbeat: float,
    ) -> None:
        self.connected = False
        self._port = port
        self._follow = follow
        self._items = items
        self._heartbeat = heartbeat
        self._lost = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dashboard-edge", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * A_WHILE)

    def _run(self) -> None:
        failing = False
        while not self._closing.is_set():
            try:
                self._publish()
            except Closing:
                break
            except Ended as ended:
                if ended.reason == "shutdown":
                    break
            except Exception:
                if not failing:
                    logger.exception("What is committed can't be published; trying again.")
                failing = True
                self._closing.wait(LONGEST_PAUSE)
            else:
                failing = False
        self._port.close()

    def _publish(self) -> None:
        with self._follow() as subscription:
            self._send([self._items.again])
            due = time.monotonic() + self._heartbeat
            while not self._closing.is_set():
                changes = subscription.take(min(A_WHILE, max(0.0, due - time.monotonic())))
                epoch = subscription.start.epoch
                items = [item for each in changes for item in self._items.of(each, epoch)]
                if time.monotonic() >= due:
                    items.append(self._items.ping(subscription.cursor))
                    due = time.monotonic() + self._heartbeat
                if items:
                    self._send(items)

    def _send(self, items: Sequence[Item]) -> None:
        """Send items, again and again until the edge has them.

        It knows what it has had by the ids, and drops it.
        """
        pause = SHORTEST_PAUSE
        while True:
            try:
                self._port.publish(items)
            except Refused as error:
                logger.error("The edge refuses what it is sent: %s", error)
                return  # Who listens notices by the next item, or asks before long.
            except Away as error:
                self._note_lost(error)
            else:
                self._note_back()
                return
            if self._closing.wait(pause * random.uniform(0.5, 1.0)):
                raise Closing
            pause = min(2 * pause, LONGEST_PAUSE)

    def _note_lost(self, error: Away) -> None:
        self.connected = False
        if not self._lost:
            logger.warning("The edge is away; what it holds waits until it is back: %s", error)
        self._lost = True

    def _note_back(self) -> None:
        self.connected = True
        if self._lost:
            logger.info("The edge is back.")
        self._lost = False

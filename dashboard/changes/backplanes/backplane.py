"""A backplane: announces the head to other processes, and hears what they announce.

It also carries notes, short texts of which any may be lost.
"""

from __future__ import annotations

import atexit
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from dashboard.changes.backplanes.driver import Driver, Listener, Sender
from dashboard.changes.change import Cursor

logger = logging.getLogger(__name__)

Heard = Callable[[Cursor | None], None]
"""Is told another process's cursor; None where something may have been missed. It won't block."""

Noted = Callable[[str], None]
"""Is told a note of another process, or of this one. It won't block."""

NOTE = "note "
"""What a note begins with on its way, which no cursor does."""

LONGEST_NOTE = 7000
"""Bytes of a note: NOTIFY takes 7,999."""

MOST_NOTES = 1000
"""Notes that wait to be sent; the oldest are dropped for more."""

BEAT = "beat"
BEAT_SECONDS = 10.0
"""A sender that has nothing to say sends a beat this often, which its own listener hears too: so
a connection whose other end has gone is noticed, on whatever carries it."""

SILENCES = 3
"""Beats that a listener may miss before its connection counts as broken."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before a connection is tried again: doubled from one to the other, and jittered."""

LAST_WORD = 1.0
"""Seconds that a process which ends gives its last announcement."""


class Backplane(Protocol):
    """All methods may be called from any thread, and none blocks or raises."""

    kind: str
    """What carries it, for operators: ``local``, ``postgresql``, ``redis`` or ``amqp``."""

    @property
    def connected(self) -> bool:
        """Whether what is announced reaches others, and what they announce is heard."""

    def announce(self, cursor: Cursor) -> None:
        """Tell the other processes how far the log is; of several cursors the newest counts."""

    def listen(self, heard: Heard) -> None:
        """Call ``heard`` from now on. Processes hear themselves as well."""

    def tell(self, note: str) -> None:
        """Send a note of at most LONGEST_NOTE bytes to every process, itself too."""

    def hear_notes(self, noted: Noted) -> None:
        """Call ``noted`` from now on; it hears nothing before ``listen``."""

    def close(self) -> None:
        """Stop, after a moment for what was announced last."""


class Local:
    """There is one process, or the others look at the log often enough."""

    kind = "local"
    connected = True

    def announce(self, cursor: Cursor) -> None:
        """Nobody else is there."""

    def listen(self, heard: Heard) -> None:
        """Nobody else is there."""

    def tell(self, note: str) -> None:
        """Nobody else is there."""

    def hear_notes(self, noted: Noted) -> None:
        """Nobody else is there."""

    def close(self) -> None:
        """There is nothing to close."""


class Remote:
    """A backplane by a driver: a thread that sends, another that listens, both of them patient.

    Either begins with its first use and connects again and again for as long as it must. That
    the connection is lost, and that it is back, is logged once.
    """

    def __init__(self, driver: Driver, *, beat: float = BEAT_SECONDS) -> None:
        self.kind = driver.kind
        self._driver = driver
        self._beat = beat
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._latest: Cursor | None = None
        self._sent: Cursor | None = None
        self._notes: deque[str] = deque(maxlen=MOST_NOTES)
        self._heard: Heard | None = None
        self._noted: Noted | None = None
        self._closing = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._up: set[str] = set()
        self._lost = False

    @property
    def connected(self) -> bool:
        return bool(self._threads) and self._up >= self._threads.keys()

    def announce(self, cursor: Cursor) -> None:
        with self._news:
            latest = self._latest
            if latest is not None and latest.epoch == cursor.epoch and latest.seq > cursor.seq:
                return  # Threads come out of their commits in any order.
            self._latest = cursor
            self._news.notify()
            self._begin("sender", self._send)

    def listen(self, heard: Heard) -> None:
        with self._lock:
            self._heard = heard
            self._begin("listener", self._listen)
            self._begin("sender", self._send)  # Its beats are what the listener listens for.

    def tell(self, note: str) -> None:
        with self._news:
            self._notes.append(NOTE + note)
            self._news.notify()
            self._begin("sender", self._send)

    def hear_notes(self, noted: Noted) -> None:
        self._noted = noted

    def close(self) -> None:
        with self._news:
            self._closing.set()
            self._news.notify()
            threads = list(self._threads.values())
        atexit.unregister(self.close)
        deadline = time.monotonic() + LAST_WORD
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _begin(self, role: str, work: Callable[[], None]) -> None:
        """Start a role's thread, once. The caller holds the lock."""
        if role in self._threads or self._closing.is_set():
            return
        if not self._threads:
            atexit.register(self.close)
        name = f"dashboard-backplane-{role}"
        thread = threading.Thread(target=self._keep, args=(role, work), name=name, daemon=True)
        self._threads[role] = thread
        thread.start()

    def _keep(self, role: str, work: Callable[[], None]) -> None:
        """Do a role's work, again whenever its connection breaks."""
        pause = SHORTEST_PAUSE
        while not self._closing.is_set():
            try:
                work()
            except Exception as error:  # The drivers' own kinds are many.
                if role in self._up:
                    pause = SHORTEST_PAUSE
                self._down(role, error)
                self._closing.wait(pause * random.uniform(0.5, 1.0))
                pause = min(2 * pause, LONGEST_PAUSE)

    def _send(self) -> None:
        sender = self._driver.sender()
        try:
            sender.send(BEAT)
            self._connected("sender")
            while True:
                cursor, notes = self._next()
                for text in [str(cursor), *notes] if cursor else notes or [BEAT]:
                    sender.send(text)
                self._sent = cursor or self._sent
                if self._closing.is_set():
                    return
        finally:
            _close(sender)

    def _next(self) -> tuple[Cursor | None, list[str]]:
        """Wait for something to say; return nothing where a beat is due."""
        with self._news:
            self._news.wait_for(
                lambda: self._unsent or self._notes or self._closing.is_set(), self._beat
            )
            notes = list(self._notes)
            self._notes.clear()
            return (self._latest if self._unsent else None), notes

    @property
    def _unsent(self) -> bool:
        return self._latest is not None and self._latest != self._sent

    def _listen(self) -> None:
        listener = self._driver.listener()
        try:
            self._connected("listener")
            # What was announced before this is in the log.
            self._tell(None)
            last = time.monotonic()
            while not self._closing.is_set():
                texts = listener.receive(timeout=min(self._beat, 0.5))
                now = time.monotonic()
                if texts:
                    last = now
                elif now - last > SILENCES * self._beat:
                    raise TimeoutError("nothing was heard for too long")
                self._take(texts)
        finally:
            _close(listener)

    def _take(self, texts: list[str]) -> None:
        """Tell of notes, and the newest of some cursors; whatever else comes isn't ours."""
        newest: dict[str, Cursor] = {}
        for text in texts:
            if text.startswith(NOTE):
                self._note(text.removeprefix(NOTE))
                continue
            with suppress(ValueError):
                cursor = Cursor.parse(text)
                known = newest.get(cursor.epoch, cursor)
                newest[cursor.epoch] = max(known, cursor, key=lambda each: each.seq)
        for cursor in newest.values():
            self._tell(cursor)

    def _tell(self, cursor: Cursor | None) -> None:
        assert self._heard is not None
        try:
            self._heard(cursor)
        except Exception:
            logger.exception("What the backplane told couldn't be followed.")

    def _note(self, note: str) -> None:
        if self._noted is None:
            return
        try:
            self._noted(note)
        except Exception:
            logger.exception("A note on the backplane couldn't be followed.")

    def _connected(self, role: str) -> None:
        with self._lock:
            self._up.add(role)
            back = self._lost and self._up >= self._threads.keys()
            self._lost = self._lost and not back
        if back:
            logger.info("The backplane (%s) is connected again.", self.kind)

    def _down(self, role: str, error: Exception) -> None:
        with self._lock:
            self._up.discard(role)
            told, self._lost = self._lost, True
        if not told:
            logger.warning(
                "The backplane (%s) is away; the log is polled until it is back: %s: %s",
                self.kind,
                type(error).__name__,
                str(error).strip().splitlines()[:1],
            )


def _close(link: Sender | Listener) -> None:
    with suppress(Exception):  # It may be broken, and goes in any case.
        link.close()

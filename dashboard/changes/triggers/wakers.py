"""What tells the mover that there may be notes, looking for them on a connection of its own.

Nobody who writes has to tell: NOTIFY would take a lock of the whole server at each commit.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from dashboard.changes.triggers.install import any_installed
from dashboard.changes.triggers.noted import NotedTables
from dashboard.changes.triggers.notes import any_notes
from dashboard.models.engine import reader_of

OFTEN, SELDOM = 0.05, 0.25
"""Seconds between looks, where any table has triggers and where none has. What has come meanwhile
is moved together, which costs less."""

SHARE = 0.2
"""At most this part of the time is spent looking: it takes long while somebody's old snapshot
keeps PostgreSQL from clearing away notes that have been moved."""

POLL = 1.0
"""Seconds after which SQLite's notes are looked for although nobody has committed, after which a
process that isn't PostgreSQL's mover tries to become it, and after which triggers that were
installed meanwhile are noticed."""

MOVER = 0x6D6F7665
"""The advisory lock of the one process that moves; it goes with the connection."""


class Waker(Protocol):
    """Any method may raise what the database's driver does; ``close`` doesn't."""

    def wait(self, stopping: threading.Event) -> bool:
        """Return after a while, True if there may be notes for this process to move."""

    def close(self) -> None:
        """Let go of the connection."""


def waker_for(engine: Engine, tables: NotedTables) -> Waker:
    """Connect to what wakes; raise what the driver raises where that can't be done."""
    if engine.dialect.name == "sqlite":
        return SqliteWaker(engine)
    return PostgresqlWaker(engine, tables)


class _Rhythm:
    """How long to wait before the next look: nothing is noted where no table has triggers."""

    def __init__(self) -> None:
        self._pause = OFTEN
        self._again = 0.0

    def pause(self, connection: Connection) -> float:
        now = time.monotonic()
        if now >= self._again:
            self._again = now + POLL
            self._pause = OFTEN if any_installed(connection) else SELDOM
            connection.rollback()  # In an open transaction SQLite's data version stays as it is.
        return self._pause


class SqliteWaker:
    """Asks for the data version, which another's commit changes."""

    def __init__(self, engine: Engine) -> None:
        self._connection = reader_of(engine).connect()
        self._connection.detach()
        self._raw: Any = self._connection.connection
        self._version: int | None = None
        self._rhythm = _Rhythm()

    def wait(self, stopping: threading.Event) -> bool:
        deadline = time.monotonic() + POLL
        pause = self._rhythm.pause(self._connection)
        while not stopping.wait(pause) and time.monotonic() < deadline:
            cursor = self._raw.cursor()
            (version,) = cursor.execute("PRAGMA data_version").fetchone()
            cursor.close()
            if version != self._version:
                self._version = version
                break
        return True

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()


class PostgresqlWaker:
    """Looks for notes in one process of all; the others wait for its connection to end."""

    def __init__(self, engine: Engine, tables: NotedTables) -> None:
        self._tables = tables
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.detach()
        self._is_mover = False
        self._pause = OFTEN
        self._rhythm = _Rhythm()

    def wait(self, stopping: threading.Event) -> bool:
        if stopping.wait(self._pause):
            return False
        began = time.monotonic()
        found = self._becomes_mover() and any_notes(self._connection, self._tables())
        took = time.monotonic() - began
        pause = self._rhythm.pause(self._connection) if self._is_mover else POLL
        self._pause = max(pause, took / SHARE)
        return found

    def _becomes_mover(self) -> bool:
        if not self._is_mover:
            alone = sa.select(sa.func.pg_try_advisory_lock(MOVER))
            self._is_mover = bool(self._connection.execute(alone).scalar())
        return self._is_mover

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()

"""What tells the mover that somebody has committed: SQLite's data version, PostgreSQL's NOTIFY."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy import Engine, text

from dashboard.changes.backplanes.driver import Listener
from dashboard.changes.triggers.sleep import AWAKE_UNTIL, CHANNEL

LOOKS_PER_SECOND = 20
"""How often SQLite is asked whether anybody has committed, and PostgreSQL while it's busy."""

AWAKE = 2.0
"""Seconds for which a mover goes on looking by itself after it has found something."""

POLL = 1.0
"""Seconds after which it looks although nobody has told of anything."""


class Waker(Protocol):
    """Any method may raise what the database's driver does; ``close`` doesn't."""

    def wait(self, stopping: threading.Event) -> None:
        """Return when there may be notes."""

    def found(self) -> None:
        """There were notes, so that more may come soon."""

    def close(self) -> None:
        """Let go of the connection."""


def waker_for(engine: Engine) -> Waker:
    """Connect to what wakes; raise what the driver raises where that can't be done."""
    if engine.dialect.name == "sqlite":
        return SqliteWaker(engine)
    return PostgresqlWaker(engine)


class SqliteWaker:
    """Asks on a connection of its own for the data version, which another's commit changes."""

    def __init__(self, engine: Engine) -> None:
        connection = engine.raw_connection()
        connection.detach()
        self._connection: Any = connection
        self._version: int | None = None

    def wait(self, stopping: threading.Event) -> None:
        deadline = time.monotonic() + POLL
        while not stopping.is_set() and time.monotonic() < deadline:
            cursor = self._connection.cursor()
            (version,) = cursor.execute("PRAGMA data_version").fetchone()
            cursor.close()
            if version != self._version:
                self._version = version
                return
            stopping.wait(1 / LOOKS_PER_SECOND)

    def found(self) -> None:
        """It will see the next commit in any case."""

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()


_SAY = text(
    "INSERT INTO dashboard_setting (name, value) VALUES (:name, :value) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_WRITING = text(
    "SELECT 1 FROM pg_locks WHERE relation = to_regclass('dashboard_change_note') "
    "AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid() "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
)


class PostgresqlWaker:
    """Listens; and for as long as it says that it is awake, no writer has to notify."""

    def __init__(self, engine: Engine) -> None:
        # The driver comes with the database; without it the mover looks every second.
        from dashboard.changes.backplanes.postgresql import PostgresqlDriver

        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        url = engine.url.render_as_string(hide_password=False)
        self._listener: Listener = PostgresqlDriver(url, CHANNEL).listener()
        self._awake_until = 0.0

    def wait(self, stopping: threading.Event) -> None:
        now = time.time()
        if now < self._awake_until:
            stopping.wait(1 / LOOKS_PER_SECOND)
        elif self._awake_until and self._somebody_writes():
            # It may not have notified, since it was told that we are awake.
            self._stay_awake(now)
        elif self._awake_until:
            self._awake_until = 0.0  # And look once more: from now on all notify.
        else:
            self._sleep(stopping)

    def _sleep(self, stopping: threading.Event) -> None:
        deadline = time.monotonic() + POLL
        while not stopping.is_set() and time.monotonic() < deadline:
            if self._listener.receive(timeout=POLL / 5):
                return

    def found(self) -> None:
        now = time.time()
        if self._awake_until < now + AWAKE / 2:
            self._stay_awake(now)

    def _stay_awake(self, now: float) -> None:
        self._awake_until = now + AWAKE
        values = {"name": AWAKE_UNTIL, "value": str(self._awake_until)}
        with self._engine.connect() as connection:
            connection.execute(_SAY, values)

    def _somebody_writes(self) -> bool:
        with self._engine.connect() as connection:
            return connection.execute(_WRITING).first() is not None

    def close(self) -> None:
        with suppress(Exception):
            self._listener.close()

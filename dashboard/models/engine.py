"""The engine: SQLite set up so that readers and writers don't get in each other's way."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    engine_from_config,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dashboard.models.sqlite_dialect import InsertingContext, NamingCompiler
from dashboard.models.sqlite_values import text_of

_IS_SET_UP = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'dashboard_setting'"

READ_ONLY = {"dashboard_read_only": True}
"""Execution options of a connection that never writes: on SQLite it takes no write lock."""

STATEMENT_TIMEOUT = "dashboard_statement_timeout"
"""The execution option that says after how many seconds a statement is stopped."""

SQLITE_BUSY_SECONDS = 30
SQLITE_STEPS = 500_000
"""SQLite asks every so many instructions, some milliseconds, whether to go on."""

DEADLINE = "dashboard.deadline"

SQLITE_AWAY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN)
POSTGRESQL_AWAY = ("53300", "57P")
"""SQLSTATEs: there are too many connections, the server stops or starts."""

APPLICATION = "dashboard"
"""What PostgreSQL calls the program's connections in pg_stat_activity."""

POSTGRESQL = {
    # A connection that the server has closed is noticed before it's used, not by a failed page.
    "pool_pre_ping": True,
    # As many as the server's threads, those of the hub and those beside them may hold at once.
    "pool_size": 10,
    "max_overflow": 20,
    "pool_timeout": 10,
    # Of a server whose machine has gone nothing is heard: don't wait minutes for it.
    "connect_args": {
        "application_name": APPLICATION,
        "connect_timeout": 5,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    },
}
"""What an engine for PostgreSQL is made with, unless the ini file says otherwise."""


def make_engine(url: str, **options: Any) -> Engine:
    """Return an engine for ``url`` whose transactions are safe to write in from many threads."""
    defaults = _defaults(url)
    arguments = {**defaults.get("connect_args", {}), **options.pop("connect_args", {})}
    return _tuned(create_engine(url, **{**defaults, **options, "connect_args": arguments}))


def engine_from_settings(settings: Mapping[str, Any]) -> Engine:
    """Return the engine of an ini section: ``sqlalchemy.url`` and other ``sqlalchemy.*`` keys."""
    url = settings.get("sqlalchemy.url")
    if not url:
        raise ValueError("sqlalchemy.url is not set: say in the ini file where the database is.")
    defaults = {
        key: value for key, value in _defaults(url).items() if f"sqlalchemy.{key}" not in settings
    }
    return _tuned(engine_from_config(dict(settings), "sqlalchemy.", **defaults))


def _defaults(url: str) -> dict[str, Any]:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return POSTGRESQL
    if parsed.get_backend_name() != "sqlite":
        return {"pool_pre_ping": True}
    if parsed.database in (None, "", ":memory:"):
        raise ValueError("sqlalchemy.url must name a file: an SQLite database in memory is lost.")
    return {
        "connect_args": {"timeout": SQLITE_BUSY_SECONDS},
        # As large as the server's threads may be; a look-up holds its connection briefly.
        "max_overflow": 60,
        # SQLAlchemy would look for %(name)s in all of a statement to put a ? there; a table may
        # be called so.
        "paramstyle": "named",
    }


def reader_of(engine: Engine, statement_timeout: float | None = None) -> Engine:
    """Return the same engine for those who only read: each transaction sees one moment.

    A statement that takes longer than ``statement_timeout`` seconds is stopped.
    """
    # SQLite's transactions are snapshots anyway.
    snapshot = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    limit = {} if statement_timeout is None else {STATEMENT_TIMEOUT: statement_timeout}
    return engine.execution_options(**READ_ONLY, **snapshot, **limit)


def is_away(error: Exception) -> bool:
    """Tell a database that can't be reached or is busy, which passes, from anything else."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", 0)
        return code & 0xFF in SQLITE_AWAY
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # It didn't come from the server.
        return error.connection_invalidated or isinstance(error, OperationalError)
    # The server says so of another one, too, that it has foreign tables of.
    failed = state.startswith("08") and error.connection_invalidated
    return failed or state.startswith(POSTGRESQL_AWAY)


def is_contention(error: Exception) -> bool:
    """Tell a transaction that was rolled back for another's sake: done again, it may succeed."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state in ("40001", "40P01")  # serialization_failure, deadlock_detected


def is_in_doubt(error: Exception) -> bool:
    """Tell a commit whose answer was lost: whether it happened, nobody knows."""
    if not isinstance(error, DBAPIError):
        return False
    if error.statement is None:  # It is the driver's commit, or there was no connection.
        return error.connection_invalidated
    # The change log's last statement has the commit in it.
    return error.statement.rstrip().endswith("COMMIT") and is_away(error)


def lock(connection: Connection, name: str) -> None:
    """Let no other process pass here with the same ``name`` until the transaction ends.

    On SQLite a transaction that may write is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        key = crc32(f"dashboard {name}".encode())
        connection.execute(select(func.pg_advisory_xact_lock(key)))


def _tuned(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        engine.dialect.statement_compiler = NamingCompiler
        engine.dialect.execution_ctx_cls = InsertingContext
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "before_cursor_execute", _set_deadline)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _begin_postgresql)
        if engine.dialect.driver == "psycopg":
            event.listen(engine, "connect", _set_up_psycopg)
    return engine


def is_timeout(error: BaseException) -> bool:
    """Tell whether a statement was stopped since it took longer than STATEMENT_TIMEOUT."""
    if not isinstance(error, OperationalError):
        return False
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return True
    states = (getattr(error.orig, name, None) for name in ("sqlstate", "pgcode"))
    return "57014" in states  # query_canceled


def _set_up_sqlite(dbapi_connection: Any, record: Any) -> None:
    # The driver must not begin transactions by itself: _begin_sqlite does.
    dbapi_connection.isolation_level = None
    dbapi_connection.text_factory = text_of
    cursor = dbapi_connection.cursor()
    # A file that the program hasn't been set up in isn't changed by being looked at.
    if cursor.execute(_IS_SET_UP).fetchone():
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    # A commit now and then waits for the disk, and the log's last pages are in all of them: four
    # times as rarely as by default there is much less to write.
    cursor.execute("PRAGMA wal_autocheckpoint = 4000")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
    info = record.info
    dbapi_connection.set_progress_handler(lambda: _is_overdue(info), SQLITE_STEPS)


def _set_up_psycopg(dbapi_connection: Any, record: Any) -> None:
    # The driver comes with an extra, so that SQLite needs none.
    from dashboard.models.postgresql_values import take_all

    take_all(dbapi_connection.adapters)


def _set_deadline(connection: Connection, *_: Any) -> None:
    seconds = connection.get_execution_options().get(STATEMENT_TIMEOUT)
    connection.info[DEADLINE] = None if seconds is None else time.monotonic() + seconds


def _is_overdue(info: dict[str, Any]) -> bool:
    # SQLite works a statement off while its rows are fetched, so this holds until the next one.
    deadline = info.get(DEADLINE)
    return deadline is not None and time.monotonic() > deadline


def _begin_postgresql(connection: Connection) -> None:
    seconds = connection.get_execution_options().get(STATEMENT_TIMEOUT)
    if seconds is not None:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads and then writes fails at once when another wrote in between,
    # whatever the busy timeout; so one that may write takes the write lock at its beginning.
    read_only = connection.get_execution_options().get("dashboard_read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

"""Taking everything of the program out of a database again, and nothing else."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from dashboard.models.engine import APPLICATION, READ_ONLY
from dashboard.models.meta import Base
from dashboard.models.migrations import JOURNAL_MODE, VERSION_TABLE
from dashboard.models.setting import Setting

OWN = "dashboard_"
PATIENCE = 20
"""Tenths of a second to wait for connections that are just being closed."""


class InUse(RuntimeError):
    """Somebody is using the database, as a running server does."""


@dataclass(frozen=True, slots=True)
class Found:
    """``kind`` is what stands behind DROP; ``rest`` what stands behind the name."""

    kind: str
    name: str
    rest: str = ""

    @property
    def drop(self) -> str:
        return f"DROP {self.kind} {_quoted(self.name)}{self.rest}"

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name}"


def find(engine: Engine) -> list[Found]:
    """Return what the program has made, in the order in which it can be dropped."""
    with engine.connect().execution_options(**READ_ONLY) as connection:
        there = set(sa.inspect(connection).get_table_names())
        order = [each.name for each in reversed(Base.metadata.sorted_tables)]
        found = [Found("TABLE", name) for name in [*order, VERSION_TABLE] if name in there]
        sqlite = connection.dialect.name == "sqlite"
        triggers = _sqlite_triggers if sqlite else _postgresql_triggers
        return [*triggers(connection), *found]


def _sqlite_triggers(connection: Connection) -> Iterator[Found]:
    rows = connection.exec_driver_sql(
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    )
    yield from (Found("TRIGGER", row.name) for row in rows if row.name.startswith(OWN))


def _postgresql_triggers(connection: Connection) -> Iterator[Found]:
    rows = connection.exec_driver_sql(
        "SELECT tgname AS name, tgrelid::regclass::text AS place FROM pg_trigger "
        # Those of a partition are its parent's.
        "WHERE NOT tgisinternal AND tgparentid = 0 ORDER BY tgname, 2"
    )
    for row in rows:
        if row.name.startswith(OWN):
            yield Found("TRIGGER", row.name, f" ON {row.place}")
    rows = connection.exec_driver_sql(
        "SELECT proname AS name, pg_get_function_identity_arguments(oid) AS arguments FROM pg_proc "
        "WHERE pronamespace = current_schema()::regnamespace ORDER BY proname"
    )
    for row in rows:
        if row.name.startswith(OWN):
            yield Found("FUNCTION", row.name, f"({row.arguments})")


def remove(engine: Engine, found: list[Found]) -> None:
    """Drop what was found, all of it or nothing. Raises InUse where somebody else is connected."""
    engine.dispose()
    if engine.dialect.name == "sqlite":
        _remove_from_file(engine, found)
        return
    with engine.begin() as connection:
        _wait_for_others(connection)
        for each in found:
            connection.exec_driver_sql(each.drop.replace("%", "%%"))


def _wait_for_others(connection: Connection) -> None:
    """Give those a moment who have just gone; raise InUse where somebody stays."""
    for _ in range(PATIENCE):
        if not connection.scalar(_OTHERS, {"name": APPLICATION}):
            return
        connection.execute(sa.select(sa.func.pg_stat_clear_snapshot()))
        time.sleep(0.1)
    raise InUse("A server or another command is connected to the database; stop it first.")


_OTHERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name = :name AND pid <> pg_backend_pid()"
)


def _remove_from_file(engine: Engine, found: list[Found]) -> None:
    with engine.connect().execution_options(**READ_ONLY) as connection:
        noted = connection.scalar(sa.select(Setting.value).where(Setting.name == JOURNAL_MODE))
    engine.dispose()
    raw = engine.raw_connection()
    cursor = raw.cursor()
    try:
        cursor.execute("PRAGMA busy_timeout = 1000")
        _leave_wal(cursor)
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("BEGIN EXCLUSIVE")
        for each in found:
            cursor.execute(each.drop)
        cursor.execute("COMMIT")
        if noted == "wal":
            cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        raise InUse("A server or another program has the file open; stop it first.") from error
    finally:
        cursor.close()
        raw.close()
        engine.dispose()


def _leave_wal(cursor: Any) -> None:
    """Leave write-ahead logging, which only who is alone can; wait for those who are just going."""
    for _ in range(PATIENCE - 1):
        try:
            cursor.execute("PRAGMA journal_mode = DELETE")
            return
        except sqlite3.OperationalError:
            time.sleep(0.1)
    cursor.execute("PRAGMA journal_mode = DELETE")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

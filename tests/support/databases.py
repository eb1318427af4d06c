"""Databases for the tests, each a copy of one that was made before.

They are SQLite's files, or with ``DASHBOARD_TEST_DATABASE=postgresql://...`` (an address whose
user may create databases) databases of that server, named ``dashboard_test_...``.
"""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from dashboard.models.engine import make_engine

SERVER = os.environ.get("DASHBOARD_TEST_DATABASE", "")
POSTGRESQL = SERVER.startswith("postgresql")

upsert: Any = postgresql.insert if POSTGRESQL else sqlite.insert
NUL = "" if POSTGRESQL else "\0"
"""PostgreSQL takes no NUL in a text."""

or_replace = "" if POSTGRESQL else "OR REPLACE"
or_ignore = "" if POSTGRESQL else "OR IGNORE"

sqlite_only = pytest.mark.skipif(POSTGRESQL, reason="It is about SQLite.")
postgresql_only = pytest.mark.skipif(not POSTGRESQL, reason="It is about PostgreSQL.")


class Databases:
    """Makes databases, and drops them at the end."""

    def __init__(self, folder: Path, server: str = SERVER) -> None:
        self._folder = folder
        self._server = server
        self._numbers = itertools.count(1)
        self._made: list[str] = []
        self._admin: Engine | None = None

    def make(self, template: str | None = None) -> str:
        """Return the URL of a new database: empty, or a copy of another of these.

        Nobody may be connected to the one that is copied.
        """
        number = next(self._numbers)
        if not self._server:
            path = self._folder / f"{number}.sqlite"
            if template is not None:
                shutil.copy(sa.make_url(template).database or "", path)
            return f"sqlite:///{path}"
        name = f"dashboard_test_{os.getpid()}_{id(self)}_{number}"
        source = "template1" if template is None else sa.make_url(template).database
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        self._made.append(name)
        url = sa.make_url(self._server).set(database=name)
        return url.render_as_string(hide_password=False)

    def vanish(self, url: str) -> None:
        """Take a database away from under those who use it."""
        if self._server:
            self._run(f'DROP DATABASE "{sa.make_url(url).database}" WITH (FORCE)')
            return
        path = Path(sa.make_url(url).database or "")
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        path.mkdir()  # SQLite would make a new file.

    def drop(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        if self._server:
            name = sa.make_url(url).database or ""
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self._made.remove(name)

    def close(self) -> None:
        for name in list(self._made):
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._made.clear()
        if self._admin is not None:
            self._admin.dispose()

    def _run(self, statement: str) -> None:
        if self._admin is None:
            self._admin = make_engine(self._server, isolation_level="AUTOCOMMIT")
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


def settle(engine: Engine) -> None:
    """Leave a database so that it can be copied: nobody connected, all in one file."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            raw: Any = connection.connection
            raw.rollback()
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.execute("BEGIN")
    engine.dispose()


def count_on(session: Session, metadata: sa.MetaData) -> None:
    """Let keys that the database makes follow the highest that there is, as they do on SQLite."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in metadata.tables.values():
        column = table.autoincrement_column
        if column is not None:
            highest = session.scalar(sa.select(sa.func.max(column)))
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            session.execute(sa.select(sa.func.setval(sequence, highest or 1, highest is not None)))

"""Whatever there is in a database can be browsed, edited and followed, and nothing breaks."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from tests.catalog.reflection.browsing import Browsing
from tests.catalog.reflection.generated import schemas
from tests.catalog.reflection.of_postgresql import POSTGRESQL, SET_UP
from tests.catalog.reflection.of_sqlite import SQLITE
from tests.catalog.reflection.schema import Schema
from tests.support.databases import Databases
from tests.support.services import address_of

GIVEN = os.environ.get("DASHBOARD_SCHEMAS")
"""How many schemas are tried on each database; the whole size is 200 and 50. A few small ones that
are always the same unless it is given."""

MOST_TABLES = 8 if GIVEN else 2

THOROUGH = settings(
    max_examples=int(GIVEN or "2"),
    derandomize=GIVEN is None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    # To find the smallest schema that breaks takes minutes, and what it tells is told anyway.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


@THOROUGH
@given(schema=schemas(SQLITE, MOST_TABLES))
def test_any_sqlite_file_can_be_browsed(folder: Path, schema: Schema) -> None:
    path = folder / "any.sqlite"
    for each in folder.glob("any.sqlite*"):
        each.unlink()
    browse(f"sqlite:///{path}", make_sqlite(path, schema))


def make_sqlite(path: Path, schema: Schema) -> set[str]:
    """Make a file, and return the names of what can be read in it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    for statement, row in schema.statements("?"):
        try:
            connection.execute(statement, row)
        except (sqlite3.OperationalError, sqlite3.IntegrityError):
            continue
    names = connection.execute(
        "SELECT name, lower(sql) LIKE 'create virtual%' FROM sqlite_master "
        "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    virtual = [name for name, is_virtual in names if is_virtual]
    found = set()
    for name, _ in names:
        shadow = any(name.startswith(f"{each}_") for each in virtual)
        if not shadow and _can_be_read(connection, name):
            found.add(name)
    connection.close()
    return found


def _can_be_read(connection: sqlite3.Connection, name: str) -> bool:
    quoted = '"' + name.replace('"', '""') + '"'
    try:
        connection.execute(f"SELECT * FROM {quoted} LIMIT 0")
    except sqlite3.OperationalError:
        return False
    return True


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = Databases(tmp_path_factory.mktemp("none"), address_of("postgresql"))
    yield databases
    databases.close()


@THOROUGH
@given(schema=schemas(POSTGRESQL, MOST_TABLES))
def test_any_postgresql_database_can_be_browsed(server: Databases, schema: Schema) -> None:
    url = server.make()
    try:
        browse(url, make_postgresql(url, schema))
    finally:
        server.drop(url)


def make_postgresql(url: str, schema: Schema) -> set[str]:
    """Fill a database, and return the names of its tables, with schemas other than the usual."""
    connection: Any = psycopg.connect(url, autocommit=True)
    for statement in SET_UP:
        connection.execute(statement)
    for statement, row in schema.statements("%s"):
        try:
            connection.execute(statement, row)
        except (psycopg.Error, UnicodeEncodeError):
            continue
    names = connection.execute(
        "SELECT CASE nspname WHEN 'public' THEN relname ELSE nspname || '.' || relname END "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition "
        "AND nspname <> 'information_schema' AND nspname !~ '^pg_' "
        "AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 "
        "AND NOT attisdropped)"
    ).fetchall()
    connection.close()
    return {name for (name,) in names}


def browse(url: str, names: Collection[str]) -> None:
    assume(names)  # The database may have refused every table.
    browsing = Browsing(url)
    try:
        shown = {table.name for table in browsing.tables}
        # A name that is taken has its schema before it.
        assert len(shown) == len(names), f"{sorted(names)} and {sorted(shown)}"
        problems = browsing.everything()
        assert not problems, "\n".join(problems)
    finally:
        browsing.close()

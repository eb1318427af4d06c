"""SQLite's triggers under every conflict clause: what they note is what sqlite3 really did.

``DASHBOARD_FLOW_EXAMPLES=2000 pytest tests/changes/triggers/test_sqlite.py`` looks longer.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from dashboard.catalog.values import to_json
from dashboard.changes.append import Log
from dashboard.changes.triggers.install import install
from dashboard.changes.triggers.look import look, prepare, write
from dashboard.changes.triggers.noted import NotedTables, noted_tables
from dashboard.models.engine import make_engine, reader_of
from dashboard.models.migrations import upgrade
from tests.support.rows import replay

EXAMPLES = int(os.environ.get("DASHBOARD_FLOW_EXAMPLES", "150"))

TABLES = (
    # Row ids that the database counts; unique by two columns, of which one ignores case.
    """CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE,
       number INTEGER DEFAULT 7 NOT NULL, more REAL, UNIQUE (number, more))""",
    """CREATE TABLE texts (id TEXT NOT NULL PRIMARY KEY, name TEXT, number INTEGER, more BLOB)""",
    """CREATE TABLE bare (id INTEGER, name TEXT, number INTEGER, more TEXT, PRIMARY KEY (id, name))
       WITHOUT ROWID""",
    """CREATE TABLE parts (id INTEGER PRIMARY KEY, name TEXT, number INTEGER, more TEXT)""",
    """CREATE UNIQUE INDEX some ON parts (number) WHERE more IS NOT NULL""",
    """CREATE TABLE child (id INTEGER PRIMARY KEY, name TEXT, more TEXT, number INTEGER
       REFERENCES plain ON DELETE CASCADE ON UPDATE CASCADE)""",
)
NAMES = ("plain", "texts", "bare", "parts", "child")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of somebody else's, with triggers on each of its tables."""
    path = tmp_path_factory.mktemp("conflicts") / "others.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        for statement in TABLES:
            connection.execute(statement)
        connection.commit()
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    tables = tables_of(engine)().values()
    with engine.begin() as connection:
        for noted in tables:
            install(connection, noted)
    yield engine
    engine.dispose()


def tables_of(engine: Engine) -> NotedTables:
    metadata = sa.MetaData()
    metadata.reflect(reader_of(engine), only=NAMES)
    return noted_tables(lambda: dict(metadata.tables))


def dump(engine: Engine, tables: NotedTables) -> dict[Any, Any]:
    found = {}
    with reader_of(engine).connect() as connection:
        for noted in tables().values():
            for row in connection.execute(sa.select(noted.table)).mappings():
                values = {name: to_json(row[name]) for name in noted.watched.public}
                found[noted.name, tuple(values[name] for name in noted.key_names)] = values
    return found


# Few values, so that they clash.
ids = st.sampled_from(["NULL", "1", "2", "3"])
names = st.sampled_from(["NULL", "'a'", "'A'", "'b'", "'it''s'", "'n' || char(0) || 'l'"])
numbers = st.sampled_from(["NULL", "1", "2", "-9e999", "9223372036854775807"])
mores = st.sampled_from(["NULL", "0.1 + 0.2", "1e300", "x'00ff'", "'x'", "1"])
conflicts = st.sampled_from(["", "OR REPLACE", "OR IGNORE", "OR FAIL", "OR ABORT", "OR ROLLBACK"])
tables = st.sampled_from(NAMES)


@st.composite
def inserts(draw: Any) -> str:
    table, how = draw(tables), draw(conflicts)
    rows = [
        f"({draw(ids)}, {draw(names)}, {draw(numbers)}, {draw(mores)})"
        for _ in range(draw(st.integers(1, 3)))
    ]
    upsert = "" if how else draw(st.sampled_from(["", " ON CONFLICT DO NOTHING", UPSERT, UPSERT2]))
    into = f"INSERT {how} INTO {table} (id, name, number, more)"
    return f"{into} VALUES {', '.join(rows)}{upsert}"


UPSERT = " ON CONFLICT DO UPDATE SET number = excluded.number"
UPSERT2 = " ON CONFLICT DO UPDATE SET id = 3, more = 'upserted'"


@st.composite
def updates(draw: Any) -> str:
    value, column = draw(
        st.one_of(
            st.tuples(ids, st.just("id")),
            st.tuples(names, st.just("name")),
            st.tuples(numbers, st.just("number")),
            st.tuples(mores, st.just("more")),
        )
    )
    where = draw(st.sampled_from(["", " WHERE id = 1", " WHERE name = 'a'", " WHERE number = 2"]))
    return f"UPDATE {draw(conflicts)} {draw(tables)} SET {column} = {value}{where}"


deletes = st.builds(
    lambda table, where: f"DELETE FROM {table}{where}",
    tables,
    st.sampled_from(["", " WHERE id = 1", " WHERE name = 'b'"]),
)
statements = st.one_of(inserts(), inserts(), updates(), deletes)
ends = st.sampled_from(["commit", "commit", "commit", "rollback"])
transactions = st.tuples(st.lists(statements, min_size=1, max_size=5), ends)


@pytest.mark.timeout(120 + EXAMPLES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    written=st.lists(transactions, min_size=1, max_size=6),
    recursive=st.booleans(),
    limit=st.sampled_from([1, 3, 1000]),
    moves=st.booleans(),
)
def test_the_log_is_what_was_written(
    engine: Engine, written: Any, recursive: bool, limit: int, moves: bool
) -> None:
    noted = tables_of(engine)
    with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA recursive_triggers = {recursive:d}")
        connection.execute("PRAGMA foreign_keys = ON")
        for table in reversed(NAMES):
            connection.execute(f"DELETE FROM {table}")
        for table in NAMES:
            connection.execute(f"INSERT INTO {table} VALUES (1, 'a', 1, 1), (2, 'b', 2, 2)")
        move(engine, noted, None, 1000)
        rows = dump(engine, noted)
        for some, end in written:
            connection.execute("BEGIN IMMEDIATE")
            for statement in some:
                with suppress(sqlite3.Error):
                    if not connection.in_transaction:  # OR ROLLBACK has ended it.
                        connection.execute("BEGIN IMMEDIATE")
                    connection.execute(statement)
            with suppress(sqlite3.Error):
                connection.execute(end)
            if moves:
                move(engine, noted, rows, limit)
    move(engine, noted, rows, limit)
    assert rows == dump(engine, noted)


def move(engine: Engine, tables: NotedTables, rows: Any, limit: int) -> None:
    """Move everything, and do the same to ``rows``."""
    while True:
        with reader_of(engine).connect() as connection:
            groups = look(connection, tables(), limit)
        if not groups:
            return
        with engine.begin() as connection:
            log = Log(engine.dialect)
            piece = prepare(log, groups)
            numbers = write(connection, log, piece)
        if piece.changes and numbers and rows is not None:
            replay(rows, piece.changes.numbered(*numbers).changes)


def test_numbers_of_notes_are_not_used_again(engine: Engine, tmp_path: Path) -> None:
    noted = tables_of(engine)
    seen = []
    for _ in range(3):
        with closing(sqlite3.connect(engine.url.database)) as connection:
            connection.execute("INSERT INTO texts (id) VALUES ('again')")
            connection.execute("DELETE FROM texts WHERE id = 'again'")
            connection.commit()
            (highest,) = connection.execute("SELECT max(id) FROM dashboard_change_note").fetchone()
        seen.append(highest)
        move(engine, noted, None, 1000)
    assert seen == sorted(set(seen))


def test_attached_shadowed_and_vacuumed(engine: Engine, tmp_path: Path) -> None:
    """Who writes may have attached the database, and have tables of the notes' name."""
    noted = tables_of(engine)
    with closing(sqlite3.connect(engine.url.database)) as connection:
        connection.execute("DELETE FROM texts")
        connection.commit()
    move(engine, noted, None, 1000)
    rows = dump(engine, noted)
    with closing(sqlite3.connect(tmp_path / "theirs.sqlite", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE dashboard_change_note (id)")
        connection.execute("CREATE TEMP TABLE dashboard_change_note (id)")
        connection.execute("CREATE TABLE texts (id)")
        connection.execute("ATTACH ? AS ours", (engine.url.database,))
        connection.execute("BEGIN")
        connection.execute("INSERT INTO main.texts VALUES ('theirs')")
        connection.execute("INSERT INTO ours.texts (id) VALUES ('a'), ('b')")
        connection.execute("INSERT OR REPLACE INTO ours.texts (id, name) VALUES ('a', 'again')")
        connection.execute("COMMIT")
        connection.execute("VACUUM ours")
        connection.execute("DELETE FROM ours.texts WHERE id = 'b'")
    move(engine, noted, rows, 1000)
    assert rows == dump(engine, noted)
    assert [key for key in rows if key[0] == "texts"] == [("texts", ("a",))]

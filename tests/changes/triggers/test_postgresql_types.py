"""PostgreSQL: types that are something else as JSON, or can't be JSON at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from dashboard.catalog import Catalog
from dashboard.catalog.reflection import reflect
from dashboard.changes.triggers.covering import cover
from dashboard.changes.triggers.noted import noted_tables
from tests.changes.triggers.test_postgresql import Logged, brief, outside
from tests.support.databases import postgresql_only

pytestmark = postgresql_only

__all__ = ["outside"]


@pytest.fixture
def covered(engine: Engine, outside: Connection) -> Callable[[str], Logged]:
    """Return a function that makes tables by some SQL, and covers all of them."""

    def make(sql: str) -> Logged:
        outside.exec_driver_sql(sql)
        catalog = Catalog()
        reflect(engine, ["*"], catalog)
        tables = noted_tables(catalog.captured_tables)
        for noted in tables().values():
            cover(engine, noted)
        return Logged(engine, tables)

    return make


KINDS = f"""
CREATE EXTENSION hstore;
CREATE DOMAIN filled AS int NOT NULL CHECK (VALUE > 0);
CREATE DOMAIN options AS hstore NOT NULL;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE place AS (street text, moods mood[]);
CREATE TABLE held (id int PRIMARY KEY, h hstore, o options, f filled, m mood[], p place, j json,
    c char(3), "%%s" text, {", ".join(f"c{number} text" for number in range(60))});
"""


def test_values_that_are_something_else_as_json(covered: Any, outside: Connection) -> None:
    """And those that may not be NULL, where only the key is noted."""
    logged = covered(KINDS)
    outside.exec_driver_sql(
        "INSERT INTO held VALUES "
        "(1, 'a=>1', '', 2, '{sad}', ROW('s', '{ok}'), '{\"a\":  [1, \"b\"]}', 'c', 'x')"
    )
    outside.exec_driver_sql("UPDATE held SET \"%%s\" = 'y'")
    inserted, updated = logged.move()
    assert inserted.after is not None
    assert (inserted.after["h"], inserted.after["c"]) == ('"a"=>"1"', "c  ")
    assert updated.before == {**inserted.after, "%s": "x"}
    outside.exec_driver_sql("UPDATE held SET h = h, m = m, p = p, j = j")
    assert logged.move() == []


def test_json_that_cannot_be_noted_as_json(covered: Any, outside: Connection) -> None:
    """Who writes it isn't refused for a trigger's sake."""
    logged = covered("CREATE TABLE held (id int PRIMARY KEY, j json)")
    outside.exec_driver_sql("""INSERT INTO held VALUES (1, '"\\u0000"'), (2, '"x"')""")
    outside.exec_driver_sql("UPDATE held SET j = '[1e400000]' WHERE id = 2")
    outside.exec_driver_sql("UPDATE held SET j = NULL WHERE id = 2")
    outside.exec_driver_sql("DELETE FROM held WHERE id = 1")
    changes = logged.move()
    assert brief(changes) == [
        "insert held 1", "insert held 2", "update held 2", "update held 2", "delete held 1"
    ]  # fmt: skip
    assert changes[2].before == {"id": 2, "j": "x"}
    assert changes[4].before == {"id": 1, "j": "\0"}


def test_keys_that_are_something_else_as_json(covered: Any, outside: Connection) -> None:
    logged = covered(
        "CREATE EXTENSION hstore; CREATE TABLE pairs (k hstore PRIMARY KEY, v text);"
        "CREATE TABLE trees (k jsonb PRIMARY KEY, v text)"
    )
    outside.exec_driver_sql("INSERT INTO pairs VALUES ('a=>1', 'x'), ('', 'y')")
    outside.exec_driver_sql("INSERT INTO trees VALUES ('null', 'x'), ('\"t\"', 'y')")
    outside.exec_driver_sql("UPDATE pairs SET v = 'z' WHERE k ? 'a'")
    outside.exec_driver_sql("DELETE FROM trees")
    assert sorted(brief(logged.move())) == [
        'delete trees "t"', "delete trees null", "insert pairs ", 'insert pairs "a"=>"1"',
        'insert trees "t"', "insert trees null", 'update pairs "a"=>"1"',
    ]  # fmt: skip

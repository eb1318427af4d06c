"""PostgreSQL: kinds of tables, of transactions and of writers that SQLite doesn't have."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from dashboard.catalog.values import to_json
from dashboard.changes import Change, log
from dashboard.changes.triggers.covering import cover, uncover
from dashboard.changes.triggers.install import status_of
from dashboard.changes.triggers.moving import Moving
from dashboard.changes.triggers.noted import NotedTables, noted_tables
from dashboard.models.engine import make_engine
from dashboard.models.removal import find, remove
from tests.support.databases import postgresql_only
from tests.support.rows import replay
from tests.support.triggers import move_all

pytestmark = postgresql_only

Run = Callable[..., list[Change]]


@pytest.fixture
def outside(engine: Engine) -> Iterator[Connection]:
    """A connection of somebody who knows nothing of the program; each statement commits."""
    plain = sa.create_engine(engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with plain.connect() as connection:
        yield connection


class Logged:
    """Tables of somebody else's with triggers on them, and the log of what is done to them."""

    def __init__(self, engine: Engine, tables: NotedTables) -> None:
        self.tables = tables
        self._engine = engine
        self._moving = Moving(engine, tables, lambda appended: None)
        self._rows: dict[Any, Any] = {}
        self._seen = 0

    def move(self) -> list[Change]:
        """Return what is new in the log; fail where it doesn't lead to what the tables have."""
        move_all(self._moving)
        with self._engine.connect() as connection:
            changes = log.read(connection, self._seen, limit=100_000)
            assert [each.seq for each in changes] == [
                *range(self._seen + 1, self._seen + 1 + len(changes))
            ]
            self._seen += len(changes)
            replay(self._rows, changes)
            assert self._rows == self._dump(connection)
        return changes

    def _dump(self, connection: Connection) -> dict[Any, Any]:
        found = {}
        for noted in self.tables().values():
            for row in connection.execute(sa.select(noted.table)).mappings():
                values = {name: to_json(row[name]) for name in noted.watched.public}
                found[noted.name, tuple(values[name] for name in noted.key_names)] = values
        return found


@pytest.fixture
def covered(engine: Engine, outside: Connection) -> Callable[..., Logged]:
    """Return a function that makes tables by some SQL, and covers those that it's told."""

    def make(sql: str, *names: str, by: Engine = engine) -> Logged:
        outside.exec_driver_sql(sql)
        metadata = sa.MetaData()
        with engine.connect() as connection:
            for name in names:
                schema, _, table = name.rpartition(".")
                sa.Table(table, metadata, schema=schema or None, autoload_with=connection)
        tables = noted_tables(lambda: dict(metadata.tables))
        for noted in tables().values():
            cover(by, noted)
        return Logged(engine, tables)

    return make


def brief(changes: list[Change]) -> list[str]:
    return [f"{each.op} {each.table} {','.join(map(str, each.key))}" for each in changes]


PARTITIONS = """
CREATE TABLE reading (day date, id int, value text, PRIMARY KEY (day, id))
    PARTITION BY RANGE (day);
CREATE TABLE january PARTITION OF reading FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE february PARTITION OF reading FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
"""


def test_partitions_written_to_by_either_name(covered: Any, outside: Connection) -> None:
    logged = covered(PARTITIONS, "reading")
    outside.exec_driver_sql(
        "INSERT INTO reading VALUES ('2024-01-05', 1, 'a'), ('2024-02-05', 2, 'b')"
    )
    outside.exec_driver_sql("INSERT INTO january VALUES ('2024-01-06', 3, 'c')")
    assert brief(logged.move()) == [
        "insert reading 2024-01-05,1", "insert reading 2024-02-05,2", "insert reading 2024-01-06,3"
    ]  # fmt: skip
    outside.exec_driver_sql("UPDATE january SET value = 'd' WHERE id = 3")
    outside.exec_driver_sql("UPDATE reading SET day = '2024-02-06' WHERE id = 3")  # It moves.
    outside.exec_driver_sql("DELETE FROM february WHERE id = 2")
    assert brief(logged.move()) == [
        "update reading 2024-01-06,3", "delete reading 2024-01-06,3",
        "insert reading 2024-02-06,3", "delete reading 2024-02-05,2",
    ]  # fmt: skip
    outside.exec_driver_sql("CREATE TABLE march (LIKE reading INCLUDING ALL)")
    outside.exec_driver_sql(
        "ALTER TABLE reading ATTACH PARTITION march "
        "FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')"
    )
    outside.exec_driver_sql("INSERT INTO march VALUES ('2024-03-01', 4, 'e')")
    assert brief(logged.move()) == ["insert reading 2024-03-01,4"]
    outside.exec_driver_sql("TRUNCATE reading")
    assert len(logged.move()) == 3


def test_a_partition_of_its_own(covered: Any, outside: Connection) -> None:
    logged = covered(PARTITIONS, "january")
    outside.exec_driver_sql(
        "INSERT INTO reading VALUES ('2024-01-05', 1, 'a'), ('2024-02-05', 2, 'b')"
    )
    outside.exec_driver_sql("TRUNCATE january")
    assert brief(logged.move()) == ["insert january 2024-01-05,1", "delete january 2024-01-05,1"]
    outside.exec_driver_sql("INSERT INTO reading VALUES ('2024-01-05', 1, 'a')")
    assert brief(logged.move()) == ["insert january 2024-01-05,1"]


def test_a_parent_and_its_partition_are_tables_each(
    engine: Engine, covered: Any, outside: Connection
) -> None:
    logged = covered(PARTITIONS, "reading", "january")
    outside.exec_driver_sql("INSERT INTO reading VALUES ('2024-01-05', 1, 'a')")
    outside.exec_driver_sql("INSERT INTO january VALUES ('2024-01-06', 2, 'b')")
    assert sorted(brief(logged.move())) == [
        "insert january 2024-01-05,1", "insert january 2024-01-06,2",
        "insert reading 2024-01-05,1", "insert reading 2024-01-06,2",
    ]  # fmt: skip
    reading, january = logged.tables().values()
    with engine.connect() as connection:
        assert status_of(connection, reading) == status_of(connection, january) == ("installed", "")
    uncover(engine, january)
    cover(engine, reading)
    with engine.connect() as connection:
        assert status_of(connection, reading).state == "installed"
        assert status_of(connection, january).state == "none"
        found = find(engine)
    outside.connection.close()
    remove(engine, found)
    with engine.connect() as connection:
        triggers = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'dashboard%%'"
        assert connection.exec_driver_sql(triggers).all() == []


def test_a_table_that_is_renamed(engine: Engine, covered: Any, outside: Connection) -> None:
    """The triggers that it got under its old name are taken away with those of its new one."""
    covered("CREATE TABLE thing (id int PRIMARY KEY, name text)", "thing")
    outside.exec_driver_sql("ALTER TABLE thing RENAME TO stuff")
    logged = covered("", "stuff")
    outside.exec_driver_sql("INSERT INTO stuff VALUES (1, 'one')")
    assert brief(logged.move()) == ["insert stuff 1"]
    notes = "SELECT count(*) FROM dashboard_change_note"
    assert outside.exec_driver_sql(notes).scalar() == 0


CHILDREN = """
CREATE TABLE parent (id int PRIMARY KEY, name text);
CREATE TABLE child (PRIMARY KEY (id), age int) INHERITS (parent);
CREATE TABLE grandchild (PRIMARY KEY (id)) INHERITS (child);
"""


def test_rows_of_children_are_their_parents_too(
    engine: Engine, covered: Any, outside: Connection
) -> None:
    logged = covered(CHILDREN, "parent", "child")
    outside.exec_driver_sql("INSERT INTO parent VALUES (1, 'p')")
    outside.exec_driver_sql("INSERT INTO child VALUES (2, 'c', 3)")
    outside.exec_driver_sql("INSERT INTO grandchild VALUES (4, 'g', 5)")
    assert sorted(brief(logged.move())) == [
        "insert child 2", "insert child 4", "insert parent 1", "insert parent 2", "insert parent 4"
    ]  # fmt: skip
    outside.exec_driver_sql("UPDATE parent SET name = name || '!'")
    assert len(logged.move()) == 5
    outside.exec_driver_sql("UPDATE child SET age = 4")
    assert {each.table for each in logged.move()} == {"child"}  # The parent has no age.
    outside.exec_driver_sql("TRUNCATE grandchild")
    assert sorted(brief(logged.move())) == ["delete child 4", "delete parent 4"]
    outside.exec_driver_sql("TRUNCATE parent")
    assert len(logged.move()) == 3
    parent, child = logged.tables().values()
    cover(engine, child)
    outside.exec_driver_sql("CREATE TABLE late () INHERITS (parent)")
    with engine.connect() as connection:
        assert status_of(connection, parent).state == "stale"
        assert status_of(connection, child).state == "installed"
    uncover(engine, child)
    outside.exec_driver_sql("INSERT INTO child VALUES (6, 'c', 3)")
    outside.exec_driver_sql("DELETE FROM child")
    assert brief(logged.move()) == ["insert parent 6", "delete parent 6"]


def test_who_may_only_make_triggers_installs_them(
    database: str, covered: Any, outside: Connection
) -> None:
    """The table is another's: it can't be said that its triggers fire for replicas as well."""
    covered("CREATE TABLE thing (id int PRIMARY KEY, name text)")
    role = f"installer_{os.getpid()}"
    outside.exec_driver_sql(
        f"CREATE ROLE {role}; GRANT CREATE ON SCHEMA public TO {role}; "
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};"
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
    )
    engine = make_engine(database, connect_args={"options": f"-crole={role}"})
    try:
        logged = covered("", "thing", by=engine)
        outside.exec_driver_sql("INSERT INTO thing VALUES (1, 'one')")
        (noted,) = logged.tables().values()
        with engine.connect() as connection:
            assert status_of(connection, noted).state == "installed"
        cover(engine, noted)
        uncover(engine, noted)
        outside.exec_driver_sql("INSERT INTO thing VALUES (2, 'two')")
        with engine.connect() as connection:
            assert brief(log.read(connection, 0)) == ["insert thing 1"]
    finally:
        engine.dispose()
        outside.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_transaction_that_commits_after_later_ones(covered: Any, outside: Connection) -> None:
    """Its notes are older than those that have been moved."""
    logged = covered("CREATE TABLE thing (id int PRIMARY KEY, name text)", "thing")
    plain = sa.create_engine(outside.engine.url, poolclass=sa.NullPool)
    with plain.connect() as late:
        late.exec_driver_sql("INSERT INTO thing VALUES (1, 'late')")
        outside.exec_driver_sql("INSERT INTO thing VALUES (2, 'soon')")
        assert brief(logged.move()) == ["insert thing 2"]
        outside.exec_driver_sql("UPDATE thing SET name = 'again' WHERE id = 2")
        late.exec_driver_sql("SAVEPOINT s")
        late.exec_driver_sql("INSERT INTO thing VALUES (3, 'never')")
        late.exec_driver_sql("ROLLBACK TO s")
        late.commit()
    assert sorted(brief(logged.move())) == ["insert thing 1", "update thing 2"]


def test_copy_on_conflict_merge_and_truncate(covered: Any, outside: Connection) -> None:
    logged = covered(
        "CREATE TABLE thing (id int PRIMARY KEY, name text);"
        "CREATE TABLE part (id int PRIMARY KEY, thing int REFERENCES thing);"
        "CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY, name text)",
        "thing", "part", "scratch",
    )  # fmt: skip
    raw: Any = outside.connection.dbapi_connection
    with raw.cursor() as cursor, cursor.copy("COPY thing FROM STDIN") as copy:
        copy.write("1\tone\n2\ttwo\n3\t\\N\n")
    assert brief(logged.move()) == ["insert thing 1", "insert thing 2", "insert thing 3"]
    outside.exec_driver_sql(
        "INSERT INTO thing VALUES (1, 'uno'), (4, 'quattro') "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name"
    )
    outside.exec_driver_sql("INSERT INTO thing VALUES (1, 'x') ON CONFLICT DO NOTHING")
    assert sorted(brief(logged.move())) == ["insert thing 4", "update thing 1"]
    if raw.info.server_version >= 150000:
        outside.exec_driver_sql(
            "MERGE INTO thing USING (VALUES (1), (2), (5)) AS given (id) ON thing.id = given.id "
            "WHEN MATCHED AND given.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET name = 'm' "
            "WHEN NOT MATCHED THEN INSERT VALUES (given.id, 'merged')"
        )
        assert sorted(brief(logged.move())) == [
            "delete thing 1", "insert thing 5", "update thing 2"
        ]  # fmt: skip
    outside.exec_driver_sql("INSERT INTO part VALUES (1, 4)")
    outside.exec_driver_sql("INSERT INTO scratch VALUES (1, 'kept until a crash')")
    assert len(logged.move()) == 2
    outside.exec_driver_sql("TRUNCATE thing, scratch CASCADE")
    assert {each.op for each in logged.move()} == {"delete"}


def test_names_of_any_kind(covered: Any, outside: Connection) -> None:
    """Those of the triggers' own variables and aliases, of other schemas, and quoted ones."""
    logged = covered(
        'CREATE SCHEMA "Odd one"; CREATE TABLE "Odd one"."it\'s 100%% ""odd""" '
        '(id int, new int, "key" text, every text, r text, PRIMARY KEY (id, new, "key"));'
        "CREATE TABLE writer (writer int PRIMARY KEY, xid text, at text, before text, gone text, "
        "tg_op text, old text, one text, n text, o text, old_rows text, noting text)",
        'Odd one.it\'s 100% "odd"', "writer",
    )  # fmt: skip
    odd = '"Odd one"."it\'s 100%% ""odd"""'
    outside.exec_driver_sql(f"INSERT INTO {odd} VALUES (1, 2, 'k', 'e', 'r')")
    outside.exec_driver_sql(f"UPDATE {odd} SET r = 's'")
    outside.exec_driver_sql(f"UPDATE {odd} SET new = 3")
    outside.exec_driver_sql(
        "INSERT INTO writer SELECT 1, 'x', 'a', 'b', 'g', 't', 'o', 'on', 'n', 'o', 'or', 'no'"
    )
    outside.exec_driver_sql("UPDATE writer SET at = 'at', gone = NULL")
    outside.exec_driver_sql(f"DELETE FROM {odd}")
    assert len(logged.move()) == 7


def test_a_key_that_is_renamed_beneath_an_open_session(covered: Any, outside: Connection) -> None:
    """Nothing that is written fails for it, in a session that has used the triggers before."""
    logged = covered("CREATE TABLE thing (id int PRIMARY KEY, name text)", "thing")
    outside.exec_driver_sql("INSERT INTO thing VALUES (1, 'one')")
    outside.exec_driver_sql("ALTER TABLE thing RENAME id TO number")
    outside.exec_driver_sql("INSERT INTO thing VALUES (2, 'two')")
    outside.exec_driver_sql("UPDATE thing SET name = 'dos' WHERE number = 2")
    outside.exec_driver_sql("DELETE FROM thing WHERE number = 2")
    outside.exec_driver_sql("ALTER TABLE thing RENAME number TO id")
    outside.exec_driver_sql("INSERT INTO thing VALUES (3, 'three')")
    assert brief(logged.move()) == ["insert thing 1", "insert thing 3"]


def test_who_may_write_needs_no_right_to_anything_else(
    engine: Engine, covered: Any, outside: Connection
) -> None:
    """Whatever their search_path is, and whatever functions and operators they have made."""
    logged = covered("CREATE TABLE thing (id int PRIMARY KEY, name text)", "thing")
    role = f"outsider_{os.getpid()}"
    outside.exec_driver_sql(
        f"CREATE ROLE {role}; CREATE SCHEMA traps AUTHORIZATION {role}; "
        f"GRANT INSERT, UPDATE, DELETE, SELECT, TRUNCATE ON thing TO {role}"
    )
    try:
        outside.exec_driver_sql(f"SET ROLE {role}")
        for function in ("to_jsonb(anyelement)", "date_part(text, timestamptz)"):
            outside.exec_driver_sql(
                f"CREATE FUNCTION traps.{function} RETURNS int LANGUAGE plpgsql "
                f"AS 'BEGIN RAISE EXCEPTION ''trapped''; END'"
            )
        outside.exec_driver_sql("CREATE TEMP TABLE dashboard_change_note (id int)")
        outside.exec_driver_sql("SET search_path = traps, pg_catalog")
        outside.exec_driver_sql("INSERT INTO public.thing VALUES (1, 'one'), (2, 'two')")
        outside.exec_driver_sql("UPDATE public.thing SET name = 'uno' WHERE id = 1")
        outside.exec_driver_sql("UPDATE public.thing SET id = 3 WHERE id = 1")
        outside.exec_driver_sql("DELETE FROM public.thing WHERE id = 2")
        assert len(logged.move()) == 6
        outside.exec_driver_sql("TRUNCATE public.thing")
        assert [each.actor for each in logged.move()] == ["postgres"]
    finally:
        outside.exec_driver_sql(f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")


def test_what_replication_applies_is_noticed(covered: Any, outside: Connection) -> None:
    """A subscription's worker applies as a replica, where ordinary triggers don't fire."""
    logged = covered("CREATE TABLE thing (id int PRIMARY KEY, name text)", "thing")
    outside.exec_driver_sql("SET session_replication_role = replica")
    outside.exec_driver_sql("INSERT INTO thing VALUES (1, 'one')")
    outside.exec_driver_sql("UPDATE thing SET name = 'uno'")
    outside.exec_driver_sql("TRUNCATE thing")
    outside.exec_driver_sql("INSERT INTO thing VALUES (2, 'two')")
    assert brief(logged.move()) == [
        "insert thing 1", "update thing 1", "delete thing 1", "insert thing 2"
    ]  # fmt: skip


def test_what_replication_applies_to_partitions(covered: Any, outside: Connection) -> None:
    parted = covered(PARTITIONS, "reading")
    outside.exec_driver_sql("SET session_replication_role = replica")
    outside.exec_driver_sql("INSERT INTO january VALUES ('2024-01-05', 1, 'a')")
    outside.exec_driver_sql(
        "CREATE TABLE march PARTITION OF reading FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')"
    )
    outside.exec_driver_sql("INSERT INTO march VALUES ('2024-03-05', 2, 'b')")
    assert len(parted.move()) == 2


def test_installing_keeps_nobody_waiting_behind_a_long_transaction(
    engine: Engine, covered: Any, outside: Connection
) -> None:
    logged = covered("CREATE TABLE thing (id int PRIMARY KEY, name text)", "thing")
    (noted,) = logged.tables().values()
    plain = sa.create_engine(engine.url, poolclass=sa.NullPool)
    with plain.connect() as long:
        long.exec_driver_sql("INSERT INTO thing VALUES (0, 'long')")
        covering = threading.Thread(target=cover, args=(engine, noted))
        covering.start()
        most = 0.0
        until = time.monotonic() + 1.5
        written = 0
        while time.monotonic() < until:
            written += 1
            began = time.monotonic()
            outside.exec_driver_sql(f"INSERT INTO thing VALUES ({written}, 'short')")
            most = max(most, time.monotonic() - began)
        assert covering.is_alive()
        long.commit()
    covering.join()
    assert most < 0.5
    assert len(logged.move()) == written + 1

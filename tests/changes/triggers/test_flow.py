"""Any mix of writers inside and outside: the log, replayed, is the database, each record in order.

``DASHBOARD_FLOW_EXAMPLES=500 pytest tests/changes/triggers/test_flow.py`` looks longer.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from dashboard.changes import log
from dashboard.changes.triggers import moving
from dashboard.changes.triggers.moving import Moving
from tests.flow import writing
from tests.flow.writing import transactions
from tests.support.databases import POSTGRESQL
from tests.support.rows import dump, replay
from tests.support.triggers import TABLES, install_all, move_all

EXAMPLES = int(os.environ.get("DASHBOARD_FLOW_EXAMPLES", "25"))

OUTSIDE = [
    "INSERT INTO tag VALUES ('t{n}')",
    "DELETE FROM tag WHERE name = 't{n}' AND NOT EXISTS (SELECT 1 FROM customer_tag)",
    "INSERT INTO customer (name, email) VALUES ('o{n}', '{n}@o')",
    "UPDATE customer SET name = 'o{n}' WHERE id % 3 = {n} % 3",
    "UPDATE customer SET secret = '{n}'",
    "DELETE FROM customer WHERE id % 4 = {n} % 4",
    "UPDATE shop_order SET total = {n}.50, note = NULL WHERE id = {n}",
    "UPDATE shop_order SET id = id + 20 WHERE id = {n}",
    "UPDATE line SET number = number + 1",
    "INSERT INTO customer_tag SELECT c.id, t.name FROM customer c, tag t",
    "SAVEPOINT s; UPDATE customer SET name = 'phantom'; ROLLBACK TO s",
    *(["TRUNCATE customer CASCADE"] if POSTGRESQL else []),
]
statements = st.builds(
    lambda text, n: text.format(n=n), st.sampled_from(OUTSIDE), st.integers(0, 9)
)
ends = st.sampled_from(["commit", "commit", "commit", "rollback"])
actions = st.one_of(
    st.tuples(st.just("inside"), transactions),
    st.tuples(st.just("outside"), st.tuples(st.lists(statements, min_size=1, max_size=4), ends)),
    # Two that are open at once, which SQLite doesn't have.
    st.tuples(st.just("one"), statements),
    st.tuples(st.just("other"), statements),
    st.tuples(st.sampled_from(["end one", "end other"]), ends),
    st.tuples(st.just("move"), st.sampled_from([1, 3, 1000])),
)


class Outside:
    """A connection of some other program, which gives up what it has to wait for."""

    def __init__(self, engine: Engine) -> None:
        self._connection: Connection = sa.create_engine(engine.url, poolclass=sa.NullPool).connect()
        if not POSTGRESQL:
            self._connection.exec_driver_sql("PRAGMA foreign_keys = ON")

    def run(self, statement: str) -> bool:
        if POSTGRESQL:
            self._connection.exec_driver_sql("SET LOCAL lock_timeout = 10")
        try:
            for each in statement.split("; "):
                self._connection.exec_driver_sql(each)
        except sa.exc.DBAPIError:
            self._connection.rollback()
            return False
        return True

    def end(self, how: str) -> None:
        self._connection.commit() if how == "commit" else self._connection.rollback()

    def close(self) -> None:
        self._connection.close()


@pytest.mark.timeout(120 + EXAMPLES)
@pytest.mark.filterwarnings("ignore:New instance .* conflicts with persistent instance")
def test_the_log_is_the_database(engine: Engine, sessions: Any) -> None:
    install_all(engine)
    mover = Moving(engine, TABLES, lambda appended: None)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows=st.integers(0, 6), done=st.lists(actions, min_size=1, max_size=12))
    def example(rows: int, done: list[Any]) -> None:
        writing.empty(sessions)
        with sessions.begin() as session:
            writing.fill(session, rows)
        move_all(mover)
        with engine.connect() as connection:
            replayed, start = dump(connection), log.head(connection).seq
        outside = {name: Outside(engine) for name in ("outside", "one", "other")}
        try:
            for kind, what in done:
                act(engine, sessions, mover, outside, kind, what)
        finally:
            for each in outside.values():
                each.close()
        move_all(mover)
        with engine.connect() as connection:
            changes = log.read(connection, start, limit=100_000)
            assert [each.seq for each in changes] == [*range(start + 1, start + 1 + len(changes))]
            replay(replayed, changes)
            assert replayed == dump(connection)
        if POSTGRESQL:
            assert "phantom" not in str(changes)

    example()


def act(engine: Engine, sessions: Any, mover: Moving, outside: Any, kind: str, what: Any) -> None:
    if kind == "inside":
        for name in ("one", "other"):  # A session would wait for them for ever.
            outside[name].end("commit")
        writing.transact(sessions, what)
    elif kind == "outside":
        some, end = what
        for statement in some:
            outside["outside"].run(statement)
        outside["outside"].end(end)
    elif kind in ("one", "other"):
        if POSTGRESQL:
            outside[kind].run(what)
    elif kind == "move":
        with pytest.MonkeyPatch.context() as patch, suppress(moving.Overtaken):
            patch.setattr(moving, "LOOK", what)
            mover.move()
    else:
        outside[kind.removeprefix("end ")].end(what)

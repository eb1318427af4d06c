"""The engine: statements that take too long are stopped, and lost connections are told apart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import sessionmaker

from dashboard.changes import append_postgresql, install
from dashboard.models.engine import (
    READ_ONLY,
    STATEMENT_TIMEOUT,
    is_in_doubt,
    is_timeout,
    make_engine,
)
from dashboard.models.migrations import upgrade
from dashboard.models.sqlite_values import Undecodable
from tests.support.databases import sqlite_only
from tests.support.postgresql import fresh_schema
from tests.support.shop import Base, Tag
from tests.support.slow import ENDLESS, some_rows


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: Any) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield request.getfixturevalue("engine")
    else:
        with fresh_schema() as engine:
            yield engine


def test_a_statement_is_stopped_when_its_time_is_over(either: Engine) -> None:
    reader = either.execution_options(**READ_ONLY, **{STATEMENT_TIMEOUT: 0.2})
    for _ in range(2):
        with reader.connect() as connection:
            began = time.monotonic()
            with pytest.raises(OperationalError) as error:
                connection.execute(ENDLESS).all()
            assert is_timeout(error.value)
            assert 0.15 < time.monotonic() - began < 2
    # Its connection goes back to the pool, and the next who has it isn't stopped.
    with either.connect() as connection:
        began = time.monotonic()
        while time.monotonic() < began + 0.3:
            connection.execute(some_rows(200_000)).all()
        assert connection.scalar(sa.text("SELECT 1")) == 1


def test_the_time_is_that_of_each_statement(either: Engine) -> None:
    reader = either.execution_options(**READ_ONLY, **{STATEMENT_TIMEOUT: 0.3})
    with reader.connect() as connection:
        began = time.monotonic()
        while time.monotonic() < began + 0.5:
            connection.execute(some_rows(1000)).all()
            time.sleep(0.05)


def test_other_errors_are_no_timeout(either: Engine) -> None:
    with either.connect() as connection, pytest.raises(sa.exc.DBAPIError) as error:
        connection.execute(sa.text("SELECT * FROM no_such_table"))
    assert not is_timeout(error.value)


def end_backend(connection: Connection) -> None:
    """Have PostgreSQL end a connection, as it does when it stops."""
    pid = connection.scalar(sa.text("SELECT pg_backend_pid()"))
    with connection.engine.connect() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


@pytest.mark.parametrize("doubtful", [True, False], ids=["at its commit", "before that"])
def test_what_a_lost_connection_leaves_in_doubt(doubtful: bool) -> None:
    with fresh_schema() as engine, engine.connect() as connection:
        end_backend(connection)
        with pytest.raises(OperationalError) as error:
            connection.commit() if doubtful else connection.execute(sa.text("SELECT 1"))
        assert is_in_doubt(error.value) is doubtful


def test_a_commit_that_is_logged_is_in_doubt_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    send = append_postgresql._send

    def lose(connection: Connection, changes: Any) -> Any:
        end_backend(connection)
        return send(connection, changes)

    monkeypatch.setattr(append_postgresql, "_send", lose)
    with fresh_schema() as engine:
        upgrade(engine)
        Base.metadata.create_all(engine)
        sessions = sessionmaker(engine)
        install(sessions)
        with sessions() as session:
            session.add(Tag(name="lost"))
            with pytest.raises(OperationalError) as error:
                session.commit()
        assert is_in_doubt(error.value)
        with sessions() as session:
            assert session.get(Tag, "lost") is None


def test_a_server_that_is_not_there_leaves_nothing_in_doubt() -> None:
    engine = make_engine("postgresql://postgres@127.0.0.1:1/postgres")
    with pytest.raises(OperationalError) as error:
        engine.connect()
    assert not is_in_doubt(error.value)


NASTY = ('"q"', "a&b=c", "a b", "a_b", "a\tb", "%(x)s", ":x", "?", "a-b", "é+", "'", "[x]", "1")


@sqlite_only
def test_columns_may_be_called_anything_on_sqlite(engine: Engine) -> None:
    table = sa.Table("nasty", sa.MetaData(), *(sa.Column(each, sa.Integer) for each in NASTY))
    row = {name: number for number, name in enumerate(NASTY)}
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(sa.insert(table), row)
        connection.execute(sa.insert(table), [row, row])
        connection.execute(sa.update(table).where(table.c["a_b"] == row["a_b"]).values(row))
        assert [dict(each) for each in connection.execute(sa.select(table)).mappings()] == 3 * [row]
        for name, number in row.items():
            found = sa.select(table).where(table.c[name].in_([number, -1]))
            assert len(connection.execute(found).all()) == 3


@sqlite_only
def test_a_text_that_is_not_utf_8_can_be_read(engine: Engine) -> None:
    with engine.connect() as connection:
        text = connection.scalar(sa.text("SELECT CAST(x'61ff' AS TEXT)"))
        assert isinstance(text, Undecodable) and text == b"a\xff"
        assert connection.scalar(sa.text("SELECT 'é'")) == "é"

"""Prepared statements give what SQLAlchemy's own way gives: the same values, the same errors."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, StatementError

from dashboard.changes.prepared import Prepared
from dashboard.models.types import UtcDateTime


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


METADATA = sa.MetaData()
THING = sa.Table(
    "thing",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("colour", sa.Enum(Colour)),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("weight", sa.Float),
    sa.Column("made", sa.DateTime),
    sa.Column("seen", UtcDateTime),
    sa.Column("day", sa.Date),
    sa.Column("at", sa.Time),
    sa.Column("takes", sa.Interval),
    sa.Column("code", sa.Uuid, unique=True),
    sa.Column("about", sa.JSON),
    sa.Column("picture", sa.LargeBinary),
    sa.Column("sold", sa.Boolean),
    sa.Column("name", sa.String(50)),
)
FULL = {
    "id": 1,
    "colour": Colour.BLUE,
    "price": Decimal("12.50"),
    "weight": 1.25,
    "made": datetime(2013, 7, 22, 17, 45, 0, 123456),
    "seen": datetime(2013, 7, 22, 17, 45, tzinfo=UTC),
    "day": date(2013, 7, 22),
    "at": time(17, 45),
    "takes": timedelta(hours=26, seconds=3),
    "code": uuid.UUID(int=7),
    "about": {"a": [1, None, "é"]},
    "picture": b"\x00\xff",
    "sold": True,
    "name": "50 % of 'it'; -- :name %s ?",
}
EMPTY = {**dict.fromkeys(FULL), "id": 2}


@pytest.fixture
def connection(engine: Engine) -> Iterator[sa.Connection]:
    with engine.begin() as connection:
        METADATA.create_all(connection)
        yield connection


def by_id(dialect: Any) -> Prepared:
    return Prepared(sa.select(THING).where(THING.c.id == sa.bindparam("id")), dialect)


@pytest.mark.parametrize("row", [FULL, EMPTY], ids=["full", "empty"])
def test_every_type_goes_in_and_comes_back_as_it_does_otherwise(
    connection: sa.Connection, row: dict[str, Any]
) -> None:
    insert = Prepared(sa.insert(THING), connection.dialect, THING.c.keys())
    insert.run(connection, [row])
    (ours,) = by_id(connection.dialect).rows(connection, {"id": row["id"]})
    (theirs,) = connection.execute(sa.select(THING))
    assert list(ours) == list(theirs) == list(row.values())
    assert [type(each) for each in ours] == [type(each) for each in theirs]


def test_many_rows_at_once_and_a_statement_that_is_used_again(connection: sa.Connection) -> None:
    insert = Prepared(sa.insert(THING), connection.dialect, THING.c.keys())
    insert.run(connection, [FULL, EMPTY])
    statement = by_id(connection.dialect)
    assert statement.rows(connection, {"id": 3}) == []
    for row in (EMPTY, FULL):
        (found,) = statement.rows(connection, {"id": row["id"]})
        assert list(found) == list(row.values())


def test_constants_of_the_statement_count(connection: sa.Connection) -> None:
    connection.execute(sa.insert(THING), [FULL, EMPTY])
    statement = Prepared(
        sa.select(THING.c.id).where(THING.c.id > sa.bindparam("least"), THING.c.sold.is_(None)),
        connection.dialect,
    )
    assert [list(row) for row in statement.rows(connection, {"least": 0})] == [[2]]


def test_errors_are_sqlalchemys(connection: sa.Connection) -> None:
    insert = Prepared(sa.insert(THING), connection.dialect, THING.c.keys())
    insert.run(connection, [FULL])
    with pytest.raises(StatementError):
        insert.run(connection, [{**EMPTY, "seen": datetime(2013, 7, 22)}])
    with pytest.raises(IntegrityError) as refused, connection.begin_nested():
        insert.run(connection, [{**FULL, "id": 3}])
    assert refused.value.orig is not None

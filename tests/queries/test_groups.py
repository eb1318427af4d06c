"""Aggregated queries: exact figures in an exact order, as plain Python works them out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from dashboard.catalog import Catalog, Table, VisibleCatalog
from dashboard.models.types import UtcDateTime
from dashboard.queries import Groups, QueryError, fetch_groups
from dashboard.queries.aggregates import BUCKETS
from dashboard.queries.buckets import bucket_end
from dashboard.queries.grammar import parse_query
from tests.queries.conftest import Base, Maker, Size, Thing
from tests.support.postgresql import fresh_schema


def groups(session: Session, table: Table, visible: VisibleCatalog, *pairs: Any) -> Groups:
    return fetch_groups(session, parse_query(table, pairs, catalog=visible), visible)


@pytest.fixture(params=["sqlite", "postgresql"])
def session(request: Any) -> Iterator[Session]:
    """A session on each kind of database, over the things' tables."""
    if request.param == "sqlite":
        engine = request.getfixturevalue("engine")
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            yield session
    else:
        with fresh_schema() as engine:
            Base.metadata.create_all(engine)
            with Session(engine) as session:
                yield session


@pytest.fixture
def rows(session: Session) -> None:
    session.add_all([Maker(code="A", name="Acme"), Maker(code="B", name="Böll")])
    session.flush()
    small, large = Size.small, Size.large
    session.add_all(
        [
            Thing(id=1, name="b", count=1, price=Decimal("0.1"), size=small, maker_code="A"),
            Thing(id=2, name="B", count=2, price=Decimal("0.2"), size=large, maker_code="A"),
            Thing(id=3, name="é", count=4, price=None, size=large, maker_code="B", ready=True),
            Thing(id=4, name=None, count=None, price=Decimal("10"), maker_code=None),
        ]
    )
    session.flush()


def test_without_groups_there_is_one_row_of_all(
    session: Session, thing: Table, visible: VisibleCatalog, rows: None
) -> None:
    aggregates = ["count", "count:count", "sum:count", "avg:count", "min:price", "max:price"]
    pairs = [("_agg", each) for each in [*aggregates, "sum:price", "avg:price"]]
    (row,) = groups(session, thing, visible, *pairs).rows
    assert (row.key, row.labels) == ((), ())
    price = Decimal("10.3")
    expected = (4, 3, 7, 7 / 3, Decimal("0.1"), Decimal(10), price, row.values[-1])
    assert row.values == expected
    assert [type(value) for value in row.values[:4]] == [int, int, int, float]
    assert abs(Fraction(row.values[-1]) - Fraction("10.3") / 3) < Fraction(1, 10**20)
    (none,) = groups(session, thing, visible, *pairs, ("id", "0")).rows
    assert none.values == (0, 0, None, None, None, None, None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # NULL is the least, and texts are in the order of their code points.
        ("name", [(None, ""), ("B", "B"), ("b", "b"), ("é", "é")]),
        ("maker_code", [(None, ""), ("A", "Acme"), ("B", "Böll")]),
        ("maker_code.name", [(None, ""), ("Acme", "Acme"), ("Böll", "Böll")]),
        ("size", [(None, ""), ("large", "Large"), ("small", "Small")]),
        ("price", [(None, ""), ("0.1", "0.1"), ("0.2", "0.2"), ("10", "10")]),
        ("ready", [(None, ""), (True, "Yes")]),
    ],
)
def test_groups_have_keys_for_programs_and_labels_for_people(
    session: Session, thing: Table, visible: VisibleCatalog, rows: None, text: str, expected: Any
) -> None:
    found = groups(session, thing, visible, ("_by", text)).rows
    assert [(*row.key, *row.labels) for row in found] == expected
    assert sum(row.values[0] for row in found) == 4


@pytest.mark.parametrize(
    ("pairs", "keys", "more"),
    [
        ("_sort_desc=count", ["A", None, "B"], False),
        ("_sort=avg:count", [None, "A", "B"], False),
        ("_sort_desc=avg:count", ["B", "A", None], False),
        ("_sort_desc=maker_code", ["B", "A", None], False),
        ("_sort_desc=maker_code&_size=2", ["B", "A"], True),
        ("_size=3", [None, "A", "B"], False),
        ("count__gt=0&_search=acme", ["A"], False),
        ("maker_code.name__contains=LL", ["B"], False),
    ],
)
def test_groups_in_order(
    session: Session,
    thing: Table,
    visible: VisibleCatalog,
    rows: None,
    pairs: str,
    keys: list[str | None],
    more: bool,
) -> None:
    given = [tuple(each.split("=")) for each in pairs.split("&")]
    wanted = [("_by", "maker_code"), ("_agg", "count"), ("_agg", "avg:count"), *given]
    found = groups(session, thing, visible, *wanted)
    assert ([row.key[0] for row in found.rows], found.more) == (keys, more)


def test_a_reference_out_of_sight_has_no_label(
    session: Session, thing: Table, catalog: Catalog, rows: None
) -> None:
    narrow = VisibleCatalog(catalog, lambda table: table.name == "thing")
    found = groups(session, thing, narrow, ("_by", "maker_code")).rows
    assert [row.labels for row in found] == [("",), ("A",), ("B",)]


begins = st.datetimes(datetime(1900, 1, 1), datetime(2100, 12, 31))
moments = begins | begins.map(lambda each: each.replace(hour=23, minute=59, second=59))


def begin_of(moment: datetime, bucket: str) -> str:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = {
        "minute": moment.replace(second=0, microsecond=0),
        "hour": moment.replace(minute=0, second=0, microsecond=0),
        "day": midnight,
        "week": midnight - timedelta(days=moment.weekday()),
        "month": midnight.replace(day=1),
        "year": midnight.replace(month=1, day=1),
    }[bucket]
    return begin.isoformat(timespec="minutes")[: 16 if bucket in ("minute", "hour") else 10]


@pytest.mark.parametrize("bucket", BUCKETS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seen=st.lists(moments, max_size=12))
def test_buckets_of_time(
    session: Session, thing: Table, visible: VisibleCatalog, bucket: str, seen: list[datetime]
) -> None:
    session.execute(sa.delete(Thing))
    session.add_all(
        Thing(id=number, seen=each, born=each.date()) for number, each in enumerate(seen)
    )
    session.add(Thing(id=99))
    session.flush()
    found = groups(session, thing, visible, ("_by", f"seen:{bucket}"), ("seen__notnull", "1"))
    expected = [begin_of(each, bucket) for each in seen]
    assert [row.key[0] for row in found.rows] == sorted(set(expected))
    assert [row.values[0] for row in found.rows] == [expected.count(*row.key) for row in found.rows]
    if bucket not in ("minute", "hour"):
        dates = groups(session, thing, visible, ("_by", f"born:{bucket}")).rows
        assert [row.key[0] for row in dates] == [None, *sorted(set(expected))]
    session.rollback()


@pytest.mark.parametrize("bucket", BUCKETS)
@given(moment=begins)
def test_a_bucket_ends_where_the_next_begins(bucket: str, moment: datetime) -> None:
    begin = begin_of(moment, bucket)
    end = datetime.fromisoformat(bucket_end(begin, bucket))
    assert begin_of(end, bucket) == bucket_end(begin, bucket) > begin
    assert begin_of(end - timedelta(microseconds=1), bucket) == begin


class ZonedBase(DeclarativeBase):
    pass


class Beat(ZonedBase):
    __tablename__ = "beat"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


def test_buckets_of_moments_with_a_zone_are_of_utc(session: Session) -> None:
    ZonedBase.metadata.create_all(session.connection())
    catalog = Catalog()
    catalog.add(Beat)
    visible = VisibleCatalog(catalog, lambda table: True)
    session.add(Beat(id=1, at=datetime(2013, 7, 22, 23, 30, tzinfo=UTC)))
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL TIME ZONE 'Asia/Tokyo'"))
    (row,) = groups(session, catalog["beat"], visible, ("_by", "at:hour")).rows
    assert (row.key, row.labels) == (("2013-07-22T23:00",), ("2013-07-22 23:00",))


things = st.builds(
    dict,
    name=st.sampled_from([None, "a", "B", "b", "ä", "", "𝄞"]),
    count=st.none() | st.integers(-3, 3) | st.integers(-(2**31), 2**31 - 1),
    price=st.none() | st.decimals(-99, 99, places=2),
    ready=st.sampled_from([None, True, False]),
    size=st.sampled_from([None, Size.small, Size.large]),
    born=st.none() | st.dates(date(2012, 12, 25), date(2013, 1, 10)),
    maker_code=st.sampled_from([None, "A", "B"]),
)
BY = ("name", "ready", "size", "born", "born:week", "born:year", "maker_code", "maker_code.name")
OF = ("count", "count:name", "sum:count", "avg:count", "min:count", "max:born", "sum:price")
MAKERS = {"A": "Same", "B": "Same", None: None}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.lists(things, max_size=20),
    by=st.lists(st.sampled_from(BY), max_size=2, unique=True),
    of=st.lists(st.sampled_from(OF), min_size=1, max_size=3, unique=True),
    ranked=st.none() | st.tuples(st.integers(0, 4), st.booleans()),
    least=st.none() | st.integers(-3, 3),
    size=st.integers(1, 6),
)
def test_groups_are_those_of_a_plain_model(
    session: Session,
    thing: Table,
    visible: VisibleCatalog,
    data: list[dict[str, Any]],
    by: list[str],
    of: list[str],
    ranked: tuple[int, bool] | None,
    least: int | None,
    size: int,
) -> None:
    session.execute(sa.delete(Thing))
    session.execute(sa.delete(Maker))
    session.add_all([Maker(code="A", name="Same"), Maker(code="B", name="Same")])
    session.flush()
    session.add_all(Thing(id=number, **each) for number, each in enumerate(data))
    session.flush()
    pairs = [*(("_by", each) for each in by), *(("_agg", each) for each in of)]
    names = [*by, *of]
    if ranked is not None:
        chosen = names[ranked[0] % len(names)]
        pairs.append(("_sort_desc" if ranked[1] else "_sort", chosen))
    if least is not None:
        pairs.append(("count__gte", str(least)))
    found = groups(session, thing, visible, *pairs, ("_size", str(size)))
    session.rollback()

    counted = [each for each in data if each["count"] is not None]
    kept = data if least is None else [each for each in counted if each["count"] >= least]
    model: dict[Any, list[dict[str, Any]]] = {} if by else {(): kept}
    for each in kept:
        if by:
            model.setdefault(tuple(key_of(each, name) for name in by), []).append(each)
    lines = [(key, tuple(figure(rows, name) for name in of)) for key, rows in model.items()]
    lines.sort(key=lambda line: [rank(part) for part in line[0]])
    if ranked is not None:
        place = names.index(chosen)
        lines.sort(key=lambda line: rank([*line[0], *line[1]][place]), reverse=ranked[1])
        # What sorts equal stays upwards by its key, also where the order is turned.
    assert [(row.key, row.values) for row in found.rows] == lines[:size]
    assert found.more == (len(lines) > size)


def key_of(row: dict[str, Any], name: str) -> Any:
    if name == "maker_code.name":
        return MAKERS[row["maker_code"]]
    name, _, bucket = name.partition(":")
    value = row[name]
    if value is None:
        return None
    if bucket:
        return begin_of(datetime.combine(value, datetime.min.time()), bucket)
    return value.name if isinstance(value, Size) else str(value) if name == "born" else value


def figure(rows: list[dict[str, Any]], name: str) -> Any:
    function, _, column = name.partition(":")
    values = [row[column] for row in rows if row[column] is not None] if column else rows
    if function == "count":
        return len(values)
    if not values:
        return None
    if function == "avg":
        return sum(values) / len(values)
    return {"sum": sum, "min": min, "max": max}[function](values)


def rank(value: Any) -> Any:
    return (value is not None, value)


def test_a_sum_may_be_larger_than_the_database_can_count(
    session: Session, thing: Table, visible: VisibleCatalog
) -> None:
    table = thing.sql
    count = {} if session.get_bind().dialect.name == "postgresql" else {"count": 2**62}
    session.execute(sa.insert(table), [{"id": each, **count} for each in range(2)])
    if not count:
        session.execute(sa.text("ALTER TABLE thing ALTER COLUMN count TYPE bigint"))
        session.execute(sa.update(table).values(count=sa.literal(2**62, sa.BigInteger)))
        (row,) = groups(session, thing, visible, ("_agg", "sum:count")).rows
        assert row.values == (2**63,) and type(row.values[0]) is int
    else:
        with pytest.raises(QueryError, match="_agg: a sum is larger"):
            groups(session, thing, visible, ("_agg", "sum:count"))

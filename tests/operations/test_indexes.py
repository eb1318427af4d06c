"""What we call served isn't sorted as a whole, and an index that we suggest is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from dashboard.catalog import Catalog, VisibleCatalog
from dashboard.models.engine import make_engine
from dashboard.operations.reflected_indexes import Index, Part, indexes_of
from dashboard.operations.serving import need_of, serves, suggestion
from dashboard.queries.grammar import pairs_of, parse_query
from dashboard.queries.sql import Statement

ROWS = 20_000


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "Some events"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    state: Mapped[str | None] = mapped_column(sa.String(20))
    order: Mapped[int] = mapped_column()
    at: Mapped[int | None] = mapped_column("at %")
    place: Mapped[str] = mapped_column(sa.String(20))


class Mark(Base):
    """One with a key of two columns, as a table between others has it."""

    __tablename__ = "mark"

    a: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    b: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(sa.String(20))


@pytest.fixture(scope="module")
def filled(databases: Any) -> Iterator[sa.Engine]:
    engine = make_engine(databases.make())
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        events = [
            {"id": n, "code": f"c{n}", "state": f"s{n % 9}", "order": n * 7 % ROWS,
             "at": n * 11 % ROWS if n % 5 else None, "place": f"p{n % 40}"}
            for n in range(ROWS)
        ]  # fmt: skip
        connection.execute(sa.insert(Event.__table__), [_by_names(each) for each in events])
        marks = [{"a": n % 200, "b": n // 200, "text": f"t{n % 7}"} for n in range(ROWS)]
        connection.execute(sa.insert(Mark), marks)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    yield engine
    engine.dispose()


def _by_names(values: dict[str, Any]) -> dict[str, Any]:
    values["at %"] = values.pop("at")
    return values


@pytest.fixture(scope="module")
def catalog() -> VisibleCatalog:
    catalog = Catalog()
    catalog.add(Event, name="event")
    catalog.add(Mark, name="mark")
    return VisibleCatalog(catalog, lambda table: True)


@pytest.fixture
def connection(filled: sa.Engine) -> Iterator[sa.Connection]:
    """What is made in it is undone."""
    with filled.connect() as connection:
        yield connection
        connection.rollback()


def plan(connection: sa.Connection, query: Any, catalog: VisibleCatalog) -> str:
    _, statement = Statement(query, catalog).rows()
    compiled = statement.compile(connection, compile_kwargs={"render_postcompile": True})
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    parameters = compiled.construct_params()
    if compiled.positional:
        values: Any = tuple(parameters[name] for name in compiled.positiontup or ())
    else:
        values = parameters
    rows = connection.exec_driver_sql(f"{explain} {compiled}", values).all()
    return "\n".join(str(row[-1]) for row in rows)


def is_sorted_as_a_whole(plan: str) -> bool:
    """Tell whether all rows are read, and sorted before the first comes out.

    PostgreSQL may sort the few that an index finds.
    """
    return "USE TEMP B-TREE FOR ORDER BY" in plan or "Seq Scan" in plan


QUERIES = [
    ("event", ""),
    ("event", "_sort=id"),
    ("event", "_sort_desc=id"),
    ("event", "state=s1"),
    ("event", "state=s1&_sort_desc=order"),
    ("event", "_sort=order"),
    ("event", "_sort_desc=order"),
    ("event", "_sort=at+%25"),
    ("event", "_sort_desc=at+%25"),
    ("event", "state=s1&place=p1&_sort_desc=at+%25"),
    ("event", "_sort=order&_sort_desc=at+%25"),
    ("event", "code=c77&_sort=order"),
    ("event", "state__isnull=1&_sort=place"),
    ("event", "order__gt=50&_sort=order"),
    ("mark", ""),
    ("mark", "a=7"),
    ("mark", "b=7"),
    ("mark", "_sort_desc=a"),
    ("mark", "text=t1&_sort=b"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), QUERIES)
def test_the_rule_agrees_with_the_database(
    connection: sa.Connection, catalog: VisibleCatalog, name: str, text: str
) -> None:
    table = catalog.get(name)
    assert table is not None
    query = parse_query(table, pairs_of(text), catalog=catalog)
    need = need_of(query)
    assert need is not None
    indexes = indexes_of(connection, table)
    before = plan(connection, query, catalog)
    if any(serves(index, need) for index in indexes):
        assert not is_sorted_as_a_whole(before), before
        return
    statement = suggestion(need, connection.dialect)
    connection.execution_options(no_parameters=True).exec_driver_sql(statement)
    connection.exec_driver_sql("ANALYZE")
    after = plan(connection, query, catalog)
    assert "ix_" in after, f"{statement}\n{after}"
    assert not is_sorted_as_a_whole(after), f"{statement}\n{after}"
    assert any(serves(index, need) for index in indexes_of(connection, table))


@pytest.mark.parametrize(
    ("name", "text"),
    [("event", "_sort_desc=order"), ("event", "state=s1&_sort=place"), ("mark", "b=7")],
)
def test_what_lacks_an_index_is_read_as_a_whole(
    connection: sa.Connection, catalog: VisibleCatalog, name: str, text: str
) -> None:
    table = catalog.get(name)
    assert table is not None
    query = parse_query(table, pairs_of(text), catalog=catalog)
    need = need_of(query)
    assert need is not None
    assert not any(serves(index, need) for index in indexes_of(connection, table))
    assert re.search("SCAN|Seq Scan|Sort ", plan(connection, query, catalog))


def test_an_index_of_some_rows_or_of_an_expression_does_not_count(
    connection: sa.Connection, catalog: VisibleCatalog
) -> None:
    table = catalog.get("event")
    assert table is not None
    before = indexes_of(connection, table)
    for columns in ("(state) WHERE place = 'p1'", "(lower(state))"):
        connection.exec_driver_sql(f'CREATE INDEX "i{len(columns)}" ON "Some events" {columns}')
    assert indexes_of(connection, table) == before


@pytest.mark.parametrize("text", ["_agg=count", "_by=state", "_sort=id&_search=x"])
def test_what_no_index_helps(catalog: VisibleCatalog, text: str) -> None:
    table = catalog.get("event")
    assert table is not None
    need = need_of(parse_query(table, pairs_of(text), catalog=catalog))
    assert need is None or serves(Index((Part("id", False, None),)), need)


def test_names_are_quoted_and_not_too_long(catalog: VisibleCatalog, filled: sa.Engine) -> None:
    table = catalog.get("event")
    assert table is not None
    need = need_of(parse_query(table, pairs_of("state=x&place=y&_sort=order&_sort=at+%25")))
    assert need is not None
    dialect: Dialect = filled.dialect
    statement = suggestion(need, dialect)
    assert 'ON "Some events" (place, state, "order", "at %' in statement
    name = statement.split('"')[1]
    assert len(name) <= 60


def test_the_catalog_stays_as_it_is(catalog: VisibleCatalog, filled: sa.Engine) -> None:
    table = catalog.get("event")
    assert table is not None
    need = need_of(parse_query(table, pairs_of("_sort=order")))
    assert need is not None
    suggestion(need, filled.dialect)
    assert not table.sql.indexes
    with Session(filled) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == ROWS

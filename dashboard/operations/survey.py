"""What is in the database: which tables, how many rows, what refers to what, and how new it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import ForeignKey, Table
from dashboard.models import Base
from dashboard.models.types import utc_now
from dashboard.operations.asking import Asking
from dashboard.operations.spans import Span, measures_of, newest, span_of, time_columns
from dashboard.operations.words import counted, listed
from dashboard.queries import Measure, TableQuery

MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows there are; ``about`` where only the database's estimate is known."""

    count: int
    about: bool = False

    def __str__(self) -> str:
        return ("about " if self.about else "") + counted(self.count, "row")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A table. ``rows`` is None where they couldn't be counted in time."""

    table: Table
    rows: Rows | None
    spans: tuple[Span, ...] = ()
    newest: Span | None = None

    @property
    def references(self) -> tuple[ForeignKey, ...]:
        return self.table.foreign_keys

    @property
    def size(self) -> int:
        return self.rows.count if self.rows else 0


@dataclass(frozen=True, slots=True)
class Survey:
    """``missing`` are tables of the catalog that the database doesn't have."""

    tables: tuple[Surveyed, ...]
    missing: tuple[Table, ...] = ()

    @property
    def rows(self) -> Rows:
        known = [each.rows for each in self.tables]
        unsure = any(rows is None or rows.about for rows in known)
        return Rows(sum(each.size for each in self.tables), unsure)

    @property
    def references(self) -> int:
        return sum(len(each.references) for each in self.tables)


def survey(asking: Asking, tables: Iterable[Table], now: datetime | None = None) -> Survey:
    """Look at ``tables``, those of the program itself left out."""
    wanted = [table for table in tables if not is_own(table)]
    present = asking.ask(lambda session: _present(session, wanted))
    if present is None:
        return Survey(())
    at = (now or utc_now()).replace(tzinfo=None)
    return Survey(
        tuple(_look(asking, table, at) for table in present),
        tuple(table for table in wanted if table not in present),
    )


def is_own(table: Table) -> bool:
    """Tell whether a table is the program's own."""
    return table.sql.metadata is Base.metadata


def _present(session: Session, tables: list[Table]) -> list[Table]:
    inspector = sa.inspect(session.connection())
    return [each for each in tables if inspector.has_table(each.sql.name, each.sql.schema)]


def _look(asking: Asking, table: Table, now: datetime) -> Surveyed:
    columns = time_columns(table)
    measures = (Measure("count"), *(each for column in columns for each in measures_of(column)))
    count, *values = asking.figures(TableQuery(table, measures=measures))
    if count is None:
        return Surveyed(table, _rows(asking, table))
    found = (span_of(column, values[3 * n : 3 * n + 3]) for n, column in enumerate(columns))
    spans = tuple(each for each in found if each is not None)
    return Surveyed(table, Rows(count), spans, newest(spans, now))


def _rows(asking: Asking, table: Table) -> Rows | None:
    """Count again without what may have been too much, or take the database's estimate."""
    (count,) = asking.figures(TableQuery(table, measures=(Measure("count"),)))
    if count is not None:
        return Rows(count)
    estimate = asking.ask(lambda session: _estimate(session, table))
    return None if estimate is None or estimate < 0 else Rows(int(estimate), about=True)


def _estimate(session: Session, table: Table) -> float | None:
    """Return how many rows the database's own statistics say there are."""
    if session.get_bind().dialect.name == "sqlite":
        statistics = "SELECT CAST(stat AS INTEGER) FROM sqlite_stat1 WHERE tbl = :name LIMIT 1"
        return session.scalar(sa.text(statistics), {"name": table.sql.name})
    name = session.get_bind().dialect.identifier_preparer.format_table(table.sql)
    statistics = "SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)"
    return session.scalar(sa.text(statistics), {"name": name})


def lines(found: Survey) -> Iterator[str]:
    """Yield the survey as a person reads it, the largest tables first."""
    if found.tables:
        yield (
            f"Found {counted(len(found.tables), 'table')}, {found.rows} and "
            f"{counted(found.references, 'reference')}:"
        )
        largest = sorted(found.tables, key=lambda each: -each.size)
        shown = largest[:MOST_LINES]
        width = max(len(each.table.name) for each in shown)
        yield from (f"  {each.table.name:{width}}  {', '.join(_facts(each))}" for each in shown)
        if len(largest) > MOST_LINES:
            yield f"  and {len(largest) - MOST_LINES} more"
    if found.missing:
        names = ", ".join(table.name for table in found.missing[:MOST_LINES])
        yield f"Not in the database yet: {names}. Make these tables as you always do."


def _facts(each: Surveyed) -> Iterator[str]:
    yield "rows not counted" if each.rows is None else str(each.rows)
    if each.newest is not None:
        yield f"the newest of {each.newest.last:%Y-%m-%d} ({each.newest.column.name})"
    referred = dict.fromkeys(key.table for key in each.references)
    if referred:
        yield f"refers to {listed(referred)}"

"""Run an aggregated query: figures of groups of rows, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from dashboard.catalog import Column, Table, VisibleCatalog
from dashboard.catalog.records import row_label, select_rows
from dashboard.catalog.values import to_json, to_text
from dashboard.queries.buckets import bucket_text, bucketed
from dashboard.queries.query import Group, Measure, QueryError, TableQuery
from dashboard.queries.sql import Expression, Source, ordering

Value = int | float | Decimal | date | datetime | time | timedelta | None
"""A figure: sums and averages of decimals are Decimals; the least of dates is a date."""

DIGITS = Context(prec=28)
TEXT_KINDS = frozenset({"text", "longtext", "choice"})


class Unsayable(NamedTuple):
    """A value that JSON has none for: ``bytes`` in base64, or an infinite ``number``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group. ``key`` has its values as JSON does, or Unsayable; a bucket is the ISO text of its
    begin.

    ``labels`` are what people read for the key's parts, "" for NULL; ``values`` are one for each
    of the query's measures.
    """

    key: tuple[Any, ...]
    labels: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """``more`` tells that there were more than the query's size."""

    rows: tuple[GroupRow, ...]
    more: bool


def fetch_groups(session: Session, query: TableQuery, catalog: VisibleCatalog) -> Groups:
    """Read the groups of an aggregated query in their order.

    Without ``groups`` it is one row of all. Raises SQLAlchemy's errors where the database can't
    answer, and QueryError where a sum of whole numbers is too large for SQLite.
    """
    dialect = session.get_bind().dialect.name
    try:
        found = session.execute(_Statement(query, catalog, dialect).select()).all()
    except OperationalError as error:
        if "integer overflow" in str(error.orig):
            raise QueryError("_agg", "a sum is larger than the database can count.") from error
        raise
    parts = len(query.groups)
    keys = [tuple(row[:parts]) for row in found[: query.size]]
    columns = [
        _labels(session, group, [key[place] for key in keys], catalog)
        for place, group in enumerate(query.groups)
    ]
    rows = tuple(
        GroupRow(
            key=tuple(map(_key_part, key)),
            labels=tuple(column[number] for column in columns),
            values=tuple(_values(query.measures, row[parts:])),
        )
        for number, (key, row) in enumerate(zip(keys, found, strict=False))
    )
    return Groups(rows, more=len(found) > query.size)


class _Statement:
    """The SELECT of an aggregated query: its groups, then two columns for each measure.

    What is grouped by is computed in a subquery, so that GROUP BY and ORDER BY can name it: to
    PostgreSQL an expression with parameters is another one each time that it is written.
    """

    def __init__(self, query: TableQuery, catalog: VisibleCatalog, dialect: str) -> None:
        self._query = query
        self._dialect = dialect
        source = Source(query.table, catalog)
        groups = [self._group(each, source).label(f"group_{n}") for n, each in self._groups()]
        measured = [
            source.expression(each.field).label(f"field_{n}")
            for n, each in enumerate(query.measures)
            if each.field is not None
        ]
        where = source.where(query)
        columns = [*groups, *measured] or [sa.literal(1).label("one")]
        self._rows = sa.select(*columns).select_from(source.clause).where(*where).subquery()

    def _groups(self) -> Iterable[tuple[int, Group]]:
        return enumerate(self._query.groups)

    def _group(self, group: Group, source: Source) -> Expression:
        expression = source.expression(group.field)
        if group.bucket is None:
            return expression
        strict = group.field.column.typing == "strict"
        return bucketed(expression, group.bucket, self._dialect, strict=strict)

    def select(self) -> sa.Select[Any]:
        keys = [self._rows.c[f"group_{n}"] for n, _ in self._groups()]
        figures = [
            part for n, each in enumerate(self._query.measures) for part in self._parts(n, each)
        ]
        ranks: dict[str, Expression] = {
            each.name: self._average(n) if each.function == "avg" else self._parts(n, each)[0]
            for n, each in enumerate(self._query.measures)
        }
        ranks |= {each.name: self._sortable(each, keys[n]) for n, each in self._groups()}
        order = [ordering(each.descending, ranks[each.by.name]) for each in self._query.group_order]
        statement = sa.select(*keys, *figures).select_from(self._rows)
        return statement.group_by(*keys).order_by(*order).limit(self._query.size + 1)

    def _parts(self, number: int, measure: Measure) -> tuple[Expression, Expression]:
        """Return the SQL of a measure, and of the number of values that it is of."""
        if measure.field is None:
            return sa.func.count(), sa.null()
        column = self._rows.c[f"field_{number}"]
        if measure.function == "avg":
            # Databases divide with different precision: the quotient is taken of exact parts.
            return sa.func.sum(column), sa.func.count(column)
        return getattr(sa.func, measure.function)(column), sa.null()

    def _average(self, number: int) -> Expression:
        return sa.func.avg(self._rows.c[f"field_{number}"])

    def _sortable(self, group: Group, key: Expression) -> Expression:
        """Order texts as SQLite does, by their code points, whatever the database's language."""
        if self._dialect != "postgresql" or not (group.bucket or group.field.kind in TEXT_KINDS):
            return key
        return sa.cast(key, sa.String).collate("C")


def _values(measures: Sequence[Measure], row: Sequence[Any]) -> Iterable[Value]:
    for number, measure in enumerate(measures):
        value, count = row[2 * number], row[2 * number + 1]
        if isinstance(value, Decimal) and measure.field and measure.field.kind == "integer":
            value = int(value)  # What PostgreSQL makes of sums of its largest whole numbers.
        if measure.function == "avg" and value is not None:
            value = _quotient(value, count)
        yield _plain(value) if isinstance(value, Decimal) else value


def _quotient(total: Any, count: int) -> Any:
    return DIGITS.divide(total, Decimal(count)) if isinstance(total, Decimal) else total / count


def _plain(number: Decimal) -> Decimal:
    """Return a number without the zeros at its end, of which databases have more or fewer.

    All of its other digits stay, of which Decimal's own methods would keep 28.
    """
    text = format(number, "f")
    return Decimal(text.rstrip("0").rstrip(".")) if "." in text else Decimal(text)


def _key_part(value: Any) -> Any:
    # What JSON has no value for isn't the text that stands for it.
    if isinstance(value, bytes):
        return Unsayable("bytes", to_json(value))
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        return Unsayable("number", str(value))
    return to_json(_plain(value) if isinstance(value, Decimal) else value)


def _labels(
    session: Session, group: Group, values: Sequence[Any], catalog: VisibleCatalog
) -> list[str]:
    column = group.field.column
    if group.bucket is not None:
        return [bucket_text(value) for value in values]
    # References are followed one step: what a referred record refers to has no label here.
    referred = None if group.field.through is not None else catalog.referred(column)
    names = {} if referred is None else _names(session, column, referred, values)
    return [
        names.get(value) or to_text(column, _plain(value) if isinstance(value, Decimal) else value)
        for value in values
    ]


def _names(
    session: Session, column: Column, referred: Table, values: Sequence[Any]
) -> Mapping[Any, str]:
    """Return what the records are called that ``values`` of ``column`` refer to."""
    assert column.reference is not None
    named = referred.column(column.reference.column)
    assert named is not None
    wanted = {*referred.label_columns, *(each.name for each in referred.key)}
    columns = [each for each in referred.public_columns if each.name in wanted]
    known = [each for each in values if each is not None]
    if not known:
        return {}
    rows = select_rows(session, [named, *columns], named.sql.in_(known))
    return {row[named.name]: row_label(referred, row) for row in rows}

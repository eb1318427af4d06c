"""Which index serves a query: it finds the rows that are equal, and has them in their order."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex

from dashboard.catalog import Table
from dashboard.operations.reflected_indexes import Index, Part
from dashboard.queries import Field, TableQuery
from dashboard.queries.query import Sort

EQUAL = frozenset({"exact", "isnull"})
LONGEST_NAME = 60

LARGE = 10_000
"""Rows from which on a query needs an index."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a query asks of an index: the columns that must be equal, and the order behind them."""

    table: Table
    equal: frozenset[str]
    order: tuple[Part, ...] = ()


def need_of(query: TableQuery) -> Need | None:
    """Return what a query needs, None where no index of its table would help.

    Of an order that was asked for, the key, which comes last, isn't needed: few rows have the
    same of everything else.
    """
    filters = (each for each in query.filters if each.field.through is None)
    equal = frozenset(each.field.column.sql.name for each in filters if each.op in EQUAL)
    if query.aggregated:
        return Need(query.table, equal) if equal else None
    if any(each.field.through is not None for each in query.sort):
        return None
    asked = query.sort or tuple(Sort(Field(column)) for column in query.table.key)
    order = tuple(
        Part(
            each.field.column.sql.name,
            each.descending,
            not each.descending if each.field.column.sql.nullable else None,
        )
        for each in asked
        if each.field.column.sql.name not in equal
    )
    return Need(query.table, equal, order) if equal or order else None


def serves(index: Index, need: Need) -> bool:
    """Tell whether the database can read a page of what is needed from the index in order."""
    if index.unique and need.equal.issuperset(part.name for part in index.parts):
        return True
    parts, count = (*index.parts, *index.behind), len(need.equal)
    if {part.name for part in parts[:count]} != need.equal:
        return False
    if len(parts) < count + len(need.order):
        return False
    pairs = [*zip(need.order, parts[count:], strict=False)]
    return any(all(_fits(*pair, backward) for pair in pairs) for backward in (False, True))


def _fits(wanted: Part, part: Part, backward: bool) -> bool:
    if wanted.name != part.name or wanted.descending != (part.descending != backward):
        return False
    if wanted.nulls_first is None or part.nulls_first is None:
        return True
    return wanted.nulls_first == (part.nulls_first != backward)


def suggestion(need: Need, dialect: Dialect) -> str:
    """Return the CREATE INDEX that would serve, quoted as the dialect does it."""
    # An index is read backward as well as forward: let the first of the order go upward.
    backward = bool(need.order) and need.order[0].descending
    parts = [Part(each.name, each.descending != backward, each.nulls_first) for each in need.order]
    if _is_row_id(need, dialect):
        parts = []  # It is behind every index anyway.
    own = need.table.sql
    copy = sa.Table(own.name, sa.MetaData(), schema=own.schema)
    names = [*sorted(need.equal), *(part.name for part in parts)]
    for name in names:
        copy.append_column(sa.Column(own.columns[_key(own, name)].name, sa.Integer))
    wanted = [copy.c[name] for name in sorted(need.equal)]
    wanted += [_directed(copy.c[part.name], part, dialect) for part in parts]  # type: ignore[misc]
    index = sa.Index(_name_of(own.name, names), *wanted)
    # A driver that takes percent signs for parameters would have them doubled.
    plain = type(dialect)(paramstyle="named")  # type: ignore[call-arg]
    return str(CreateIndex(index).compile(dialect=plain)).strip()


def _is_row_id(need: Need, dialect: Dialect) -> bool:
    """Tell whether the order is only that of SQLite's row id, behind what is equal."""
    key = need.table.key
    alone = dialect.name == "sqlite" and len(key) == 1 and key[0].kind == "integer"
    return alone and bool(need.equal) and [each.name for each in need.order] == [key[0].sql.name]


def _key(sql: sa.Table, name: str) -> str:
    return next(column.key for column in sql.columns if column.name == name)


def _directed(
    column: sa.Column[int], part: Part, dialect: Dialect
) -> sa.ColumnElement[int] | sa.Column[int]:
    if part.nulls_first is None or dialect.name == "sqlite":
        return column.desc() if part.descending else column
    return column.desc().nulls_last() if part.descending else column.asc().nulls_first()


def _name_of(table: str, names: list[str]) -> str:
    name = "_".join(["ix", table, *names])
    if len(name.encode()) <= LONGEST_NAME:
        return name
    digest = sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[: LONGEST_NAME - 9].decode(errors='ignore')}_{digest}"

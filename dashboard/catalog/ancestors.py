"""The tables of the classes from which a table's class inherits: each has a part of its records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper
from sqlalchemy.sql import operators, visitors

from dashboard.catalog.mapping import attribute_of, is_joined
from dashboard.catalog.table import ROLES, Ancestor, Column, ForeignKey, Table

Same = dict[Any, Column]
"""A table's own columns by SQLAlchemy's that have the same values in a record."""

TableOf = Callable[[sa.Table], Table | None]
"""Returns the description of a table, None where it isn't live."""


def ancestors_of(table: Table, table_of: TableOf) -> tuple[Ancestor, ...]:
    """Return the live ancestors that all may see and change who may see and change ``table``."""
    if table.mapped_class is None:
        return ()
    mapper: Mapper[Any] = sa.inspect(table.mapped_class)
    taken = {each.name for each in table.columns}
    found = []
    for sql, same in _joined(mapper, {each.sql: each for each in table.key}):
        other = table_of(sql)
        if other is not None and _is_open(other, table):
            columns = tuple(_inherited(mapper, other, taken))
            taken |= {each.name for each in columns}
            found.append(Ancestor(other, _key(other, same), columns))
    return tuple(found)


def _joined(mapper: Mapper[Any], key: Same) -> Iterator[tuple[sa.Table, Same]]:
    """Yield the tables that have the rest of the class's records, the nearest first, each with
    the columns of ``key`` by those that have the same values up to there."""
    same = dict(key)
    while mapper.inherits is not None and not mapper.concrete:
        pairs = list(_equal(mapper.inherit_condition)) if is_joined(mapper) else []
        mapper = mapper.inherits
        for one, other in pairs:
            same |= {new: same[old] for old, new in ((one, other), (other, one)) if old in same}
        if pairs and isinstance(mapper.local_table, sa.Table):
            yield mapper.local_table, same


def _equal(condition: Any) -> Iterator[tuple[Any, Any]]:
    for each in visitors.iterate(condition):
        if isinstance(each, sa.BinaryExpression) and each.operator is operators.eq:
            yield each.left, each.right


def _is_open(other: Table, table: Table) -> bool:
    return _rank(other.view_role) <= _rank(table.view_role) and _rank(other.edit_role) <= _rank(
        table.edit_role
    )


def _rank(role: str) -> int:
    return ROLES.index(role) if role in ROLES else len(ROLES)


def _inherited(mapper: Mapper[Any], other: Table, taken: set[str]) -> Iterator[Column]:
    for column in other.public_columns:
        known = attribute_of(mapper, column.sql) is not None
        if known and not column.primary_key and column.name not in taken:
            yield column


def _key(other: Table, same: Same) -> ForeignKey:
    parts = [(same[each.sql], each.name) for each in other.key]
    return ForeignKey(other.name, tuple(own for own, _ in parts), tuple(name for _, name in parts))

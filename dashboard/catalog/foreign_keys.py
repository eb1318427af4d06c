"""What a table's foreign keys say, of one column or of several, of which both ends are live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from dashboard.catalog.table import Column, ForeignKey, Reference

NameOf = Callable[[sa.Table], str | None]
"""Tells the catalog's name of a table, or None where it isn't in the catalog."""

Constraints = dict[sa.ForeignKeyConstraint, str]
"""Foreign keys with the catalog's name of the table that each refers to."""


def constraints_of(sql: sa.Table, name_of: NameOf) -> Constraints:
    """Return the foreign keys to live tables, in the order of their columns.

    Of several of the same columns it's one. What is private neither refers nor is referred to.
    """
    found: dict[tuple[str, ...], tuple[sa.ForeignKeyConstraint, str]] = {}
    for constraint in sorted(sql.foreign_key_constraints, key=_order):
        name = name_of(constraint.referred_table)
        if name is not None and not _is_private(constraint):
            found.setdefault(tuple(constraint.column_keys), (constraint, name))
    return dict(found.values())


def _order(constraint: sa.ForeignKeyConstraint) -> tuple[Any, ...]:
    keys = constraint.table.columns.keys()
    places = [keys.index(key) for key in constraint.column_keys]
    referred = [each.column.name for each in constraint.elements]
    return places, constraint.referred_table.fullname, referred


def _is_private(constraint: sa.ForeignKeyConstraint) -> bool:
    ends = [end for each in constraint.elements for end in (each.parent, each.column)]
    return any(end.info.get("private") for end in ends)


def reference_of(column: sa.Column[Any], constraints: Constraints) -> Reference | None:
    """Return what a column alone refers to: half of a key of several names no row."""
    for constraint, table in constraints.items():
        first, *others = constraint.elements
        if first.parent is column and not others:
            return Reference(table, first.column.name)
    return None


def foreign_keys(columns: Sequence[Column], constraints: Constraints) -> tuple[ForeignKey, ...]:
    by_sql = {each.sql: each for each in columns}
    return tuple(
        ForeignKey(
            table=table,
            columns=tuple(by_sql[each.parent] for each in constraint.elements),
            referred=tuple(each.column.name for each in constraint.elements),
            on_delete=(constraint.ondelete or "NO ACTION").upper(),
        )
        for constraint, table in constraints.items()
    )

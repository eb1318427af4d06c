"""What refers to a record, and what becomes of it when the record is deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import Catalog, Column, Table

BLOCKED = ("still refers to it", "still refer to it")
DELETED = ("is deleted too", "are deleted too")
EMPTIED = ("loses the reference", "lose the reference")
"""What becomes of one record, and of several."""


@dataclass(frozen=True, slots=True)
class Related:
    """Records of one table that refer to another record by one column."""

    label: str
    count: int
    fate: tuple[str, str]

    @property
    def count_text(self) -> str:
        one, several = self.fate
        return f"1 record {one}" if self.count == 1 else f"{self.count:,} records {several}"


def related_to(
    session: Session,
    catalog: Catalog,
    table: Table,
    row: dict[str, Any],
    may_see: Callable[[Table], bool],
) -> list[Related]:
    """Return who refers to ``row``, of the tables that the person may see; none without rows."""
    found = []
    for other, column in catalog.referring_to(table):
        if may_see(other):
            count = _count(session, table, row, other, column)
            if count:
                label = f"{other.label} ({column.label})"
                found.append(Related(label, count, fate_of(table, other, column)))
    return found


def _count(
    session: Session, table: Table, row: dict[str, Any], other: Table, column: Column
) -> int:
    assert column.reference is not None
    statement = (
        sa.select(sa.func.count())
        .select_from(other.sql)
        .where(column.sql == row[column.reference.column])
    )
    if other.sql is table.sql:
        # A record that refers to itself is in nobody's way.
        own = [key.sql == row[key.name] for key in table.key]
        statement = statement.where(sa.not_(sa.and_(*own)))
    return session.execute(statement).scalar_one()


def fate_of(table: Table, other: Table, column: Column) -> tuple[str, str]:
    """Tell what deleting does to those who refer: the ORM acts first, then the database."""
    for relationship in sa.inspect(table.mapped_class).relationships:
        if relationship.mapper.local_table is other.sql and column.sql in relationship.remote_side:
            if relationship.cascade.delete:
                return DELETED
            if column.nullable and relationship.passive_deletes is False:
                return EMPTIED
    on_delete = {
        (key.ondelete or "").upper()
        for key in column.sql.foreign_keys
        if key.column.table is table.sql
    }
    if "CASCADE" in on_delete:
        return DELETED
    return EMPTIED if on_delete & {"SET NULL", "SET DEFAULT"} else BLOCKED

"""What refers to a record, and what becomes of it when the record is deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import Catalog, ForeignKey, Table
from dashboard.catalog.records import key_clause, key_of, referring_clause

BLOCKED = ("still refers to it", "still refer to it")
DELETED = ("is deleted too", "are deleted too")
EMPTIED = ("loses the reference", "lose the reference")
"""What becomes of one record, and of several."""


@dataclass(frozen=True, slots=True)
class Related:
    """Records of one table that refer to another record by one foreign key."""

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
    for other, key in catalog.referring_to(table):
        if may_see(other):
            count = _count(session, table, row, other, key)
            if count:
                label = f"{other.label} ({key.label})"
                found.append(Related(label, count, fate_of(table, other, key)))
    return found


def _count(
    session: Session, table: Table, row: dict[str, Any], other: Table, key: ForeignKey
) -> int:
    statement = sa.select(sa.func.count()).select_from(other.sql).where(referring_clause(key, row))
    if other.sql is table.sql:
        # A record that refers to itself is in nobody's way.
        statement = statement.where(sa.not_(key_clause(table, key_of(table, row))))
    return session.execute(statement).scalar_one()


def fate_of(table: Table, other: Table, key: ForeignKey) -> tuple[str, str]:
    """Tell what deleting does to those who refer: the ORM acts first, then the database."""
    referring = {each.sql for each in key.columns}
    for relationship in sa.inspect(table.mapped_class).relationships:
        if relationship.mapper.local_table is other.sql and referring <= relationship.remote_side:
            if relationship.cascade.delete:
                return DELETED
            emptied = all(each.nullable for each in key.columns)
            if emptied and relationship.passive_deletes is False:
                return EMPTIED
    if key.on_delete == "CASCADE":
        return DELETED
    return EMPTIED if key.on_delete.startswith(("SET NULL", "SET DEFAULT")) else BLOCKED

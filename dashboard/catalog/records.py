"""One record of a live table: finding it, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog.table import Table
from dashboard.catalog.values import to_text

Key = tuple[Any, ...]
Row = Mapping[str, Any]
"""A row by its columns' names."""


def key_of(table: Table, row: Row) -> Key:
    return tuple(row[column.name] for column in table.key)


def key_clause(table: Table, key: Key) -> sa.ColumnElement[bool]:
    return sa.and_(*(column.sql == part for column, part in zip(table.key, key, strict=True)))


def load(session: Session, table: Table, key: Key) -> Row | None:
    """Return the public columns of one record, or None where there is none."""
    columns = [column.sql.label(column.name) for column in table.public_columns]
    found = session.execute(sa.select(*columns).where(key_clause(table, key))).mappings().first()
    return None if found is None else dict(found)


def row_label(table: Table, row: Row) -> str:
    """Return what a record is called: its label columns' texts, or else its key."""
    texts = []
    for name in table.label_columns:
        column = table.column(name)
        if column is not None and row.get(name) is not None:
            texts.append(to_text(column, row[name]))
    return " ".join(texts) or ", ".join(str(row[column.name]) for column in table.key)

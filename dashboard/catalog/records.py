"""One record of a live table: finding it, and what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog.table import Column, ForeignKey, Table
from dashboard.catalog.values import to_text
from dashboard.models.sqlite_values import Undecodable

Key = tuple[Any, ...]
Row = Mapping[str, Any]
"""A row by its columns' names."""


def key_of(table: Table, row: Row) -> Key:
    return tuple(row[column.name] for column in table.key)


def has_key(table: Table, row: Row) -> bool:
    """Tell whether a row can be named: by a key of which every part can be asked for."""
    parts = [row[column.name] for column in table.key]
    return bool(parts) and not any(each is None or isinstance(each, Undecodable) for each in parts)


def key_clause(table: Table, key: Key) -> sa.ColumnElement[bool]:
    return sa.and_(*(column.sql == part for column, part in zip(table.key, key, strict=True)))


def referred_clause(table: Table, key: ForeignKey, row: Row) -> sa.ColumnElement[bool]:
    """Match the row of ``table`` that ``row`` names by ``key``: none where a part of it is NULL."""
    return _equal((table.column(name), row[column.name]) for column, name in key.pairs)


def referring_clause(key: ForeignKey, row: Row) -> sa.ColumnElement[bool]:
    """Match the rows that name ``row`` by ``key``."""
    return _equal((column, row[name]) for column, name in key.pairs)


def joining_clause(table: Table, key: ForeignKey) -> sa.ColumnElement[bool]:
    """Match each row that has ``key`` with the row of ``table`` that it names."""
    named = ((column.sql, table.column(name)) for column, name in key.pairs)
    return sa.and_(*(one == other.sql for one, other in named if other is not None))


def _equal(pairs: Iterable[tuple[Column | None, Any]]) -> sa.ColumnElement[bool]:
    known = [(column.sql, value) for column, value in pairs if column is not None]
    if any(value is None for _, value in known):
        return sa.false()
    return sa.and_(*(column == value for column, value in known))


def load(session: Session, table: Table, key: Key) -> Row | None:
    """Return the public columns of one record, or None where there is none."""
    return next(select_rows(session, table.public_columns, key_clause(table, key), limit=1), None)


def select_rows(
    session: Session,
    columns: Iterable[Column],
    where: sa.ColumnElement[bool],
    *,
    order: Iterable[Column] = (),
    limit: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield columns of one table's rows, by their names, which may be anything."""
    unique = {each.name: each for each in columns}
    labelled = [each.sql.label(f"part_{n}") for n, each in enumerate(unique.values())]
    statement = sa.select(*labelled).where(where).order_by(*(each.sql for each in order))
    for row in session.execute(statement.limit(limit)):
        yield dict(zip(unique, row, strict=True))


def row_label(table: Table, row: Row) -> str:
    """Return what a record is called: its label columns' texts, or else its key."""
    texts = []
    for name in table.label_columns:
        column = table.column(name)
        if column is not None and row.get(name) is not None:
            texts.append(to_text(column, row[name]))
    return (
        " ".join(texts)
        or ", ".join(str(row[column.name]) for column in table.key)
        or _unnamed(table)
    )


def _unnamed(table: Table) -> str:
    return "" if table.key else "—"

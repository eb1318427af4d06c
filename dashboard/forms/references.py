"""The other record that a column names: what it is called, and the search that finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import Catalog, Column, Table
from dashboard.catalog.records import row_label
from dashboard.forms.parsing import parse_text
from dashboard.forms.texts import form_text
from dashboard.queries.sql import comparable

LIMIT = 20
LONGEST_QUERY = 200


def target_of(catalog: Catalog, column: Column) -> tuple[Table, Column] | None:
    """Return the table that ``column`` refers to, and the column there whose value it holds."""
    if column.reference is None:
        return None
    table = catalog.get(column.reference.table)
    remote = table.column(column.reference.column) if table is not None else None
    if table is None or remote is None or remote.private:
        return None
    return table, remote


def label_of(session: Session, table: Table, remote: Column, text: str) -> str:
    """Return what the record is called whose ``remote`` value has this text; "" if none is."""
    if not text or "\0" in text:
        return ""
    try:
        value = parse_text(remote, text)
        # A value that is out of the column's range would end the transaction on PostgreSQL.
        with session.begin_nested():
            found = session.execute(_rows(table, remote).where(remote.sql == value).limit(1))
            row = found.first()
    except (ValueError, OverflowError, sa.exc.StatementError):
        return ""
    return "" if row is None else row_label(table, _by_name(table, remote, row))


def search(session: Session, table: Table, remote: Column, query: str) -> list[dict[str, str]]:
    """Return up to LIMIT records called like ``query``, as {"value", "label"}, best first."""
    query = query.strip()[:LONGEST_QUERY]
    if "\0" in query:
        return []
    statement = _rows(table, remote)
    if query:
        places = [_as_text(column) for column in [remote, *_label_columns(table)]]
        begins = sa.or_(*(place.istartswith(query, autoescape=True) for place in places))
        statement = statement.where(
            sa.or_(*(place.icontains(query, autoescape=True) for place in places))
        ).order_by(sa.case((begins, 0), else_=1))
    statement = statement.order_by(
        *(comparable(column, column.sql) for column in [*_label_columns(table), remote])
    )
    rows = session.execute(statement.limit(LIMIT))
    return [_choice(table, remote, _by_name(table, remote, row)) for row in rows]


def _choice(table: Table, remote: Column, row: Mapping[str, Any]) -> dict[str, str]:
    return {"value": form_text(remote, row[remote.name]), "label": row_label(table, row)}


def _rows(table: Table, remote: Column) -> sa.Select[Any]:
    """Select the columns that a record is called by, and the one that names it."""
    columns = [each.sql for each in _columns(table, remote).values()]
    # A row without a value there can't be referred to.
    return sa.select(*columns).where(remote.sql.is_not(None))


def _columns(table: Table, remote: Column) -> dict[str, Column]:
    return {column.name: column for column in [remote, *_label_columns(table), *table.key]}


def _by_name(table: Table, remote: Column, row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(_columns(table, remote), row, strict=True))


def _label_columns(table: Table) -> list[Column]:
    found = [table.column(name) for name in table.label_columns]
    return [column for column in found if column is not None and not column.private]


def _as_text(column: Column) -> sa.ColumnElement[str]:
    if column.kind in ("text", "longtext") and isinstance(column.sql.type, sa.String):
        return column.sql
    return sa.cast(column.sql, sa.Text)

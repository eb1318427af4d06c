"""The record that a form is about: found by its key, locked for as long as the save takes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

from dashboard.catalog import Column, Table
from dashboard.catalog.mapping import attribute_of
from dashboard.catalog.records import Key, key_clause
from dashboard.forms import limits
from dashboard.forms.parsing import refuse_unstorable


def find(session: Session, table: Table, key: Key, *, lock: bool = False) -> Any | None:
    """Return the mapped object with this key, as the database has it now, or None.

    With ``lock`` the row is held until the transaction ends, so that nobody can change it between
    the comparison of versions and the write. SQLite has no row locks and needs none: a write
    transaction there has begun immediate.
    """
    if not _can_be(session, table, key):
        return None
    mapped = table.mapped_class
    assert mapped is not None  # Nobody may edit what has no class.
    statement = sa.select(mapped).where(key_clause(table, key))
    if lock:
        # Naming the class keeps the lock off the tables that it may be eagerly joined to.
        statement = statement.with_for_update(of=mapped)
    found = session.execute(statement.execution_options(populate_existing=True))
    return found.unique().scalar_one_or_none()


def _can_be(session: Session, table: Table, key: Key) -> bool:
    """Tell whether columns could hold a key; PostgreSQL ends a transaction that asks in vain."""
    dialect = session.get_bind().dialect.name
    try:
        for column, part in zip(table.key, key, strict=True):
            if column.typing == "strict":
                limits.check(column, part, dialect)
            # SQLite holds NUL characters; what another program stored with one can be edited.
            if isinstance(part, str):
                refuse_unstorable(part.replace("\0", "") if dialect == "sqlite" else part)
    except ValueError:
        return False
    return True


def row_of(table: Table, record: Any) -> dict[str, Any]:
    """Return the public values of a mapped object by their columns' names, inherited ones too."""
    mapper = sa.inspect(record).mapper
    return {each.name: _value(mapper, record, each) for each in table.record_columns}


def _value(mapper: Mapper[Any], record: Any, column: Column) -> Any:
    """Return the value of a column, None where the record is of a class that has none for it."""
    attribute = attribute_of(mapper, column.sql)
    return None if attribute is None else getattr(record, attribute)


def key_of(table: Table, record: Any) -> Key:
    return tuple(getattr(record, column.attr) for column in table.key)

"""Constraints that wait for the commit, checked while it can still be said what is wrong.

Frameworks declare their foreign keys DEFERRABLE INITIALLY DEFERRED.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import Table
from dashboard.forms.constraints import IN_USE, is_there, missing_references
from dashboard.forms.refusal import Refused

Values = Mapping[str, Any]


def check_written(session: Session, table: Table, values: Values, changed: set[Any]) -> None:
    """Raise what the commit would for a record that was flushed; ``changed`` are its columns."""
    if _checked_by_database(session):
        return
    constraints = [
        each
        for sql in table.sql_tables
        for each in sql.foreign_key_constraints
        if each.deferrable and not changed.isdisjoint(each.columns)
    ]
    errors = missing_references(session, table, values, constraints) if constraints else {}
    if errors:
        raise Refused(errors)


def check_deleted(session: Session, table: Table, values: Values) -> None:
    """Raise what the commit would for a record whose delete was flushed."""
    if _checked_by_database(session):
        return
    for other in table.sql.metadata.tables.values():
        for each in other.foreign_key_constraints:
            if each.deferrable and each.referred_table in table.sql_tables:
                _refuse_if_referred(session, each, values)


def _checked_by_database(session: Session) -> bool:
    """Have PostgreSQL check what waits, now and for the rest of the transaction."""
    if session.get_bind().dialect.name != "postgresql":
        return False
    session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    return True


def _refuse_if_referred(
    session: Session, constraint: sa.ForeignKeyConstraint, values: Values
) -> None:
    given = [values.get(each.column.name) for each in constraint.elements]
    columns = [each.parent for each in constraint.elements]
    if None not in given and is_there(session, columns, given):
        raise Refused({None: [IN_USE]})

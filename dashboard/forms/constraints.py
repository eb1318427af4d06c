"""What a database says of a broken constraint, turned into a sentence at the right field.

SQLite names columns in its message ("UNIQUE constraint failed: orders.number"); PostgreSQL has a
diagnosis with the constraint's name and "Key (number)=(7) already exists.".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from dashboard.catalog import Column, Table
from dashboard.forms.refusal import Errors

_SQLITE = re.compile(r"(UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (.*))?", re.DOTALL)
_KEY = re.compile(r"Key \((.*?)\)=")

_STATES = {
    "23505": "UNIQUE",
    "23502": "NOT NULL",
    "23514": "CHECK",
    "23503": "FOREIGN KEY",
    "23001": "FOREIGN KEY",
}
NEEDED = "A value is needed here."
IN_USE = "Other records still refer to this one, so it was not deleted."
GENERAL = "The database refused this record: {}"


def explain(error: DBAPIError, session: Session, table: Table, values: Mapping[str, Any]) -> Errors:
    """Return sentences for ``error``, which writing ``values`` (the whole record) has raised.

    Call it after the savepoint was rolled back: missing references are looked up.
    """
    kind, names, constraint = _diagnose(error, table)
    if kind == "NOT NULL" and names:
        return {name: [NEEDED] for name in names}
    taken = _columns(table, names) if kind == "UNIQUE" else []
    if taken:
        return {taken[0].name: [_taken(taken)]}
    if kind == "CHECK":
        return _broken_check(table, constraint)
    if kind == "FOREIGN KEY":
        return missing_references(session, table, values) or {None: [_general(error)]}
    return {None: [_general(error)]}


def why_kept(error: StatementError) -> str | None:
    """Return the database's own reason against a delete; None where others refer to the record.

    Those fail by their foreign key, or since they can't do without the reference.
    """
    if not isinstance(error, DBAPIError):
        return GENERAL.format(error.orig)
    state = getattr(getattr(error.orig, "diag", None), "sqlstate", None)
    found = _SQLITE.search(str(error.orig))
    kind = _STATES.get(state or "") or (found and found[1])
    return None if kind in ("FOREIGN KEY", "NOT NULL") else _general(error)


def _diagnose(error: DBAPIError, table: Table) -> tuple[str | None, list[str], str | None]:
    """Return the kind of constraint, the table's columns it is about, and its name or text."""
    diag = getattr(error.orig, "diag", None)
    if diag is not None:
        kind = _STATES.get(getattr(diag, "sqlstate", None) or "")
        own = diag.table_name in (None, *_names_of(table))
        return kind, _names(diag) if own else [], diag.constraint_name if own else None
    found = _SQLITE.search(str(error.orig))
    if found is None:
        return None, [], None
    kind, detail = found[1], found[2] or ""
    if kind == "CHECK":
        return kind, [], detail
    places = [each.rpartition(".") for each in detail.split(", ")]
    return kind, [name for owner, _, name in places if owner in _names_of(table)], None


def _names_of(table: Table) -> list[str]:
    return [each.name for each in table.sql_tables]


def _names(diag: Any) -> list[str]:
    if diag.column_name:
        return [diag.column_name]
    found = _KEY.search(diag.message_detail or "")
    return [each.strip(' "') for each in found[1].split(",")] if found else []


def _columns(table: Table, names: Sequence[str]) -> list[Column]:
    return [column for name in names if (column := table.record_column(name)) is not None]


def _taken(columns: Sequence[Column]) -> str:
    if len(columns) == 1:
        return f"Another record has this {columns[0].label} already."
    labels = [each.label for each in columns]
    return f"Another record has the same {', '.join(labels[:-1])} and {labels[-1]} already."


def _broken_check(table: Table, constraint: str | None) -> Errors:
    """Tell a broken CHECK at its column, where it is about a single one."""
    for check in _checks(table):
        rule = str(check.sqltext)
        if constraint is not None and constraint in (str(check.name), rule):
            about = _mentioned(table, rule)
            place = about[0].name if len(about) == 1 else None
            return {place: [check.info.get("message") or f"This breaks the rule {rule}."]}
    return {None: [f"This breaks the rule {constraint or 'of a CHECK constraint'}."]}


def _checks(table: Table) -> list[sa.CheckConstraint]:
    """Return the CHECKs of its tables, and those that were declared with a column."""
    found: list[Any] = []
    for sql in table.sql_tables:
        found += [*sql.constraints, *(each for c in sql.columns for each in c.constraints)]
    return [each for each in found if isinstance(each, sa.CheckConstraint)]


def _mentioned(table: Table, rule: str) -> list[Column]:
    words = set(re.findall(r"\w+", re.sub(r"'(?:[^']|'')*'", "", rule)))
    return [column for column in (*table.columns, *table.inherited) if column.name in words]


def missing_references(
    session: Session,
    table: Table,
    values: Mapping[str, Any],
    constraints: Iterable[sa.ForeignKeyConstraint] | None = None,
) -> Errors:
    """Return an error for each foreign key of ``values`` that names a row which isn't there."""
    errors: Errors = {}
    if constraints is None:
        constraints = [key for each in table.sql_tables for key in each.foreign_key_constraints]
    for constraint in constraints:
        local = [each.parent for each in constraint.elements]
        remote = [each.column for each in constraint.elements]
        given = [values.get(each.name) for each in local]
        if any(value is None for value in given) or is_there(session, remote, given):
            continue
        columns = _columns(table, [each.name for each in local])
        if not columns:
            continue
        labels = " and ".join(each.label for each in columns)
        errors.setdefault(_to_mend(columns), []).append(f"There is no such {labels}.")
    return errors


def _to_mend(columns: Sequence[Column]) -> str:
    """Return the column at which an error of several is told: one that isn't fixed by the key."""
    return next((each.name for each in columns if not each.primary_key), columns[0].name)


def is_there(session: Session, columns: Sequence[Any], values: Sequence[Any]) -> bool:
    """Tell whether there is a row that has these values in these columns of a table."""
    clause = sa.and_(*(column == value for column, value in zip(columns, values, strict=True)))
    return session.execute(sa.select(sa.literal(1)).where(clause).limit(1)).first() is not None


def _general(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines() or ["no reason was given"]
    return GENERAL.format(lines[0][:300].rstrip(".") + ".")

"""SQLite: the triggers of a table, and what is read of their notes and of the table itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from dashboard.changes.capture.watched import KEYS_PER_QUERY
from dashboard.changes.triggers.encoding import encoded, literal, quoted
from dashboard.changes.triggers.noted import Noted

NOTE = "INSERT INTO dashboard_change_note (table_name, op, key, before, at)"
ROW_NUMBERS = {"rowid", "_rowid_", "oid"}
"""What the number of a row is called, by which a table without a key is logged."""

NOW = "(julianday('now') - 2440587.5) * 86400.0"


def create(connection: Connection, noted: Noted) -> dict[str, str]:
    """Return the statements that make the table's triggers, by the triggers' names."""
    table = quoted(noted.table.name)
    events = {
        "insert": ("AFTER INSERT", "", [_note(noted, "I", "NEW", before=False)]),
        "update": (
            "AFTER UPDATE",
            f"WHEN {_same_key(noted, 'OLD', 'NEW')}",
            [_note(noted, "U", "OLD")],
        ),
        "key": (
            "AFTER UPDATE",
            f"WHEN NOT ({_same_key(noted, 'OLD', 'NEW')})",
            [_note(noted, "D", "OLD"), _note(noted, "I", "NEW", before=False)],
        ),
        "delete": ("AFTER DELETE", "", [_note(noted, "D", "OLD")]),
    }
    unique = _uniques(connection, noted)
    if unique:
        clash = " OR ".join(f"({each})" for each in unique)
        events["replace"] = ("BEFORE INSERT", "", [_touch(noted, table, clash)])
        others = f"({clash}) AND NOT ({_same_key(noted, table, 'OLD')})"
        events["clash"] = ("BEFORE UPDATE", "", [_touch(noted, table, others)])
    return {
        (name := trigger_name(noted, event)): f"CREATE TRIGGER {quoted(name)} {when} ON {table} "
        f"{condition} BEGIN {' '.join(each + ';' for each in statements)} END"
        for event, (when, condition, statements) in events.items()
    }


def trigger_name(noted: Noted, event: str) -> str:
    return f"dashboard_{event}_{noted.table.name}"


def _note(noted: Noted, op: str, row: str, *, before: bool = True) -> str:
    old = encoded(row, noted.stored, noted.row_id) if before else "NULL"
    key = encoded(row, noted.key_names, noted.row_id)
    return f"{NOTE} VALUES ({literal(noted.fullname)}, '{op}', {key}, {old}, {NOW})"


def _touch(noted: Noted, table: str, where: str) -> str:
    """Note the rows that the one to be written may replace."""
    return (
        f"{NOTE} SELECT {literal(noted.fullname)}, "
        f"CASE WHEN {_same_key(noted, table, 'NEW')} THEN 'S' ELSE 'T' END, "
        f"{encoded(table, noted.key_names)}, {encoded(table, noted.stored)}, {NOW} "
        f"FROM {table} WHERE {where}"
    )


def _same_key(noted: Noted, left: str, right: str) -> str:
    # A column's own collation may take for the same what the log must not.
    return " AND ".join(
        f"{left}.{quoted(name)} IS {right}.{quoted(name)} COLLATE BINARY"
        for name in noted.key_names
    )


def _uniques(connection: Connection, noted: Noted) -> list[str]:
    """Return a condition for each index that rows may clash by, in terms of NEW."""
    table = quoted(noted.table.name)
    found = []
    rows = connection.exec_driver_sql(f"PRAGMA table_info({table})").all()
    key = [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]
    if key:
        # The index of the primary key has its collations; a row id has no index.
        found.append(" AND ".join(f"{table}.{quoted(n)} = NEW.{quoted(n)}" for n in key))
    for index in connection.exec_driver_sql(f"PRAGMA index_list({table})").all():
        if index[2] and (condition := _clash(connection, noted, index[1], bool(index[4]))):
            found.append(condition)
    return [*dict.fromkeys(found)]


def _clash(connection: Connection, noted: Noted, index: str, partial: bool) -> str | None:
    """Return when rows clash by an index; None where it is of expressions."""
    table = quoted(noted.table.name)
    columns = connection.exec_driver_sql(f"PRAGMA index_xinfo({quoted(index)})").all()
    parts = [(name, collation) for _, _, name, _, collation, is_key in columns if is_key]
    if any(name is None for name, _ in parts):
        return None
    condition = " AND ".join(
        f"{table}.{quoted(name)} = NEW.{quoted(name)} COLLATE {quoted(collation)}"
        for name, collation in parts
    )
    where = _where_of(connection, index) if partial else ""
    return f"{condition} AND ({where})" if where else condition


def _where_of(connection: Connection, index: str) -> str:
    """Return the condition of a partial index, without which it can't be used."""
    sql = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?", (index,)
    ).scalar_one()
    return re.split(r"\)\s*WHERE\s", sql, maxsplit=1, flags=re.IGNORECASE)[-1]


def is_table(connection: Connection, noted: Noted) -> bool:
    """Tell whether there is such a table in the database itself, not in an attached one."""
    found = connection.exec_driver_sql(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE",
        (noted.table.name,),
    )
    return noted.table.schema is None and found.first() is not None


def column_names(connection: Connection, noted: Noted) -> set[str]:
    """Return what may stand for a value of the table's rows, the number of the row included."""
    table = quoted(noted.table.name)
    rows = connection.exec_driver_sql(f"PRAGMA table_xinfo({table})").all()
    return {row[1] for row in rows} | ROW_NUMBERS


def installed(connection: Connection) -> dict[str, tuple[str, str]]:
    """Return the program's triggers: their table and SQL, by their names."""
    rows = connection.exec_driver_sql(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' "
        "AND name LIKE 'dashboard~_%' ESCAPE '~' AND instr(sql, 'dashboard_change_note')"
    )
    return {name: (table, sql) for name, table, sql in rows}


def present(connection: Connection, noted: Noted, keys: Collection[Any]) -> Iterator[bytes]:
    """Read the rows that have these stored keys now, written down as the triggers do."""
    table = quoted(noted.table.name)
    known = column_names(connection, noted)
    stored = [name for name in noted.stored if name in known]
    columns = ", ".join(f"{table}.{quoted(name)}" for name in noted.key_names)
    remaining: Iterator[Sequence[Any]] = iter(keys)
    size = max(1, KEYS_PER_QUERY // len(noted.key_names))
    while some := list(islice(remaining, size)):
        if len(noted.key_names) == 1:
            places = ", ".join("?" * len(some))
        else:
            row = f"({', '.join('?' * len(noted.key_names))})"
            places = f"VALUES {', '.join([row] * len(some))}"
        sql = (
            f"SELECT CAST({encoded(table, stored)} AS BLOB) FROM {table} "
            f"WHERE ({columns}) IN ({places})"
        )
        values: Iterable[Any] = (value for key in some for value in key)
        for (text,) in connection.exec_driver_sql(sql, tuple(values)):
            yield text

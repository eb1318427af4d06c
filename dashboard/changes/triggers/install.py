"""Installing and removing triggers, and telling how a table is covered by them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.changes.triggers import postgresql, sqlite
from dashboard.changes.triggers.encoding import quoted
from dashboard.changes.triggers.noted import Noted
from dashboard.changes.triggers.notes import GONE, NOTE
from dashboard.changes.triggers.postgresql_columns import columns_of
from dashboard.changes.triggers.postgresql_place import Place, place_of


class TriggerError(Exception):
    """Triggers can't be installed or removed; the message is a sentence."""


class Status(NamedTuple):
    """``state`` is ``installed``, ``stale`` (made for other columns than the table has now; it
    goes on as far as it can) or ``none``. ``problem`` is a sentence, empty where there is none."""

    state: str
    problem: str = ""


class Staging(NamedTuple):
    """How many notes of a table wait to be moved, and since when the oldest (seconds of 1970)."""

    notes: int
    oldest: float | None


def install(connection: Connection, noted: Noted) -> None:
    """Put the triggers on a table, anew if it has them.

    Nobody may be writing to it, and what was noted before must have been moved.
    """
    remove(connection, noted)
    for statement in _wanted(connection, noted).values():
        _run(connection, statement)


def remove(connection: Connection, noted: Noted) -> None:
    """Take a table's triggers away, be they whole or not; do nothing where there are none."""
    if connection.dialect.name == "sqlite":
        for name in _of_sqlite(connection, noted):
            _run(connection, f"DROP TRIGGER {quoted(name)}")
        return
    for statement in postgresql.drops(connection, _place(connection, noted)):
        _run(connection, statement)


def remove_all(connection: Connection) -> None:
    """Take every trigger of the program away, of whichever table; what was noted stays."""
    if connection.dialect.name == "sqlite":
        statements = [f"DROP TRIGGER {quoted(name)}" for name in sqlite.installed(connection)]
    else:
        statements = postgresql.all_drops(connection)
    for statement in statements:
        _run(connection, statement)


def _wanted(connection: Connection, noted: Noted) -> dict[str, str]:
    if connection.dialect.name == "sqlite":
        return sqlite.create(connection, noted)
    return postgresql.create(connection, noted, _place(connection, noted))


def _place(connection: Connection, noted: Noted) -> Place:
    place = place_of(connection, noted)
    if place is None:
        raise TriggerError(f"There is no table {noted.fullname} in the database.")
    return place


def _run(connection: Connection, statement: str) -> None:
    # Without parameters a percent sign is itself.
    connection.execution_options(no_parameters=True).exec_driver_sql(statement)


def status_of(connection: Connection, noted: Noted) -> Status:
    """Tell whether a table has its triggers, and whether they fit the table as it is."""
    if connection.dialect.name == "sqlite":
        return _sqlite_status(connection, noted)
    return _postgresql_status(connection, noted)


def any_installed(connection: Connection) -> bool:
    """Tell whether any table has triggers, so that there may be notes."""
    if connection.dialect.name == "sqlite":
        return bool(sqlite.installed(connection))
    return postgresql.any_installed(connection)


def forbidden(connection: Connection, noted: Noted) -> str:
    """Return why this user may not put triggers on a table, and who may; empty where it may."""
    if connection.dialect.name == "sqlite" or (place := place_of(connection, noted)) is None:
        return ""
    allowed, user, owner = connection.execute(_RIGHTS, {"oid": place.oid}).one()
    if allowed:
        return ""
    return (
        f"{user} may not. Its owner {owner} can say GRANT TRIGGER, UPDATE ON {place.sql} "
        f"TO {quoted(user)}."
    )


_RIGHTS = sa.text(
    """
    SELECT has_table_privilege(oid, 'TRIGGER')
        -- One of them it takes to lock the table.
        AND has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE'),
        current_user, pg_get_userbyid(relowner)
    FROM pg_class WHERE oid = :oid
    """
)


def _of_sqlite(connection: Connection, noted: Noted) -> dict[str, str]:
    events = ("insert", "update", "key", "delete", "replace", "clash")
    names = {sqlite.trigger_name(noted, event) for event in events}
    return {
        name: sql
        for name, (table, sql) in sqlite.installed(connection).items()
        if name in names and table == noted.table.name
    }


def _sqlite_status(connection: Connection, noted: Noted) -> Status:
    found = _of_sqlite(connection, noted)
    if not found:
        return Status("none")
    gone = _missing(noted, sqlite.column_names(connection, noted))
    if gone:
        return Status("stale", f"{noted.fullname} has no column {gone} any more.")
    if found != sqlite.create(connection, noted):
        return Status("stale", _changed(noted))
    return Status("installed")


def _postgresql_status(connection: Connection, noted: Noted) -> Status:
    place = place_of(connection, noted)
    found = None if place is None else postgresql.installed(connection, place)
    if place is None or found is None or not (found.triggers or found.function):
        return Status("none")
    columns = columns_of(connection, [place.oid], noted.key_names)
    gone = _missing(noted, {each.name for each in columns})
    if gone:
        return Status("stale", f"{noted.fullname} has no column {gone} any more.")
    if not found.is_that_of(postgresql.create(connection, noted, place)):
        return Status("stale", _changed(noted))
    return Status("installed")


def _changed(noted: Noted) -> str:
    return (
        f"{noted.fullname} has changed since its triggers were installed, or they have: "
        "install them again."
    )


def _missing(noted: Noted, known: Collection[str]) -> str:
    return ", ".join(name for name in noted.stored if name not in known)


def staging_of(connection: Connection) -> dict[str, Staging]:
    """Tell of each table, by its full name, how many notes wait to be moved and since when."""
    statement = (
        sa.select(NOTE.table_name, sa.func.count(), sa.func.min(NOTE.at))
        .where(NOTE.op != GONE)
        .group_by(NOTE.table_name)
    )
    return {name: Staging(count, oldest) for name, count, oldest in connection.execute(statement)}

"""Covering a table by triggers, and uncovering it, with nothing lost that was noted before."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from dashboard.changes.append import Log
from dashboard.changes.triggers import install, sqlite
from dashboard.changes.triggers.install import TriggerError
from dashboard.changes.triggers.look import look, prepare, write
from dashboard.changes.triggers.noted import Noted
from dashboard.changes.triggers.postgresql import place_of

LOOK = 10_000
"""Notes that are moved at once."""

LOCK_TIMEOUT = "10s"
"""How long it waits for those who are writing to a table, while others wait behind it."""


def cover(engine: Engine, noted: Noted) -> None:
    """Put triggers on a table, or anew; raise TriggerError where that can't be done.

    Each table has a transaction of its own: a writer holds its table while it waits for the log.
    """
    with engine.begin() as connection:
        _hold(connection, noted)
        _move(connection, noted)
        install.install(connection, noted)


def uncover(engine: Engine, noted: Noted) -> None:
    """Take a table's triggers away; what they noted is in the log then."""
    with engine.begin() as connection:
        _hold(connection, noted)
        _move(connection, noted)
        install.remove(connection, noted)


def _hold(connection: Connection, noted: Noted) -> None:
    """Let nobody write to the table until the transaction ends."""
    if connection.dialect.name == "sqlite":
        if not sqlite.is_table(connection, noted):
            raise TriggerError(f"{noted.fullname} is no table of this database.")
        return
    place = place_of(connection, noted)
    if place is None:
        raise TriggerError(f"{noted.fullname} is no table of this database.")
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"LOCK TABLE {place.sql} IN SHARE ROW EXCLUSIVE MODE"))


def _move(connection: Connection, noted: Noted) -> None:
    log = Log(connection.dialect)
    while groups := look(connection, {noted.fullname: noted}, LOOK):
        write(connection, log, prepare(log, groups))

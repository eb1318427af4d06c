"""Covering a table by triggers, and uncovering it, with nothing lost that was noted before."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from dashboard.changes.append import Log
from dashboard.changes.triggers import install, sqlite
from dashboard.changes.triggers.install import TriggerError
from dashboard.changes.triggers.look import Overtaken, look, prepare, write
from dashboard.changes.triggers.moving import Moving
from dashboard.changes.triggers.noted import Noted
from dashboard.changes.triggers.postgresql_place import place_of
from dashboard.models.engine import READ_ONLY, is_away

FEW = 500
"""Notes that may be moved while nobody can write to the table."""

PATIENCE = 10.0
"""Seconds for which a table's lock is tried for."""

TRY, PAUSE = 0.1, 0.3
"""Seconds that a try may take, in which others wait behind it, and seconds that follow."""

LOCK_NOT_AVAILABLE = "55P03"


def cover(engine: Engine, noted: Noted) -> None:
    """Put triggers on a table, or anew; raise TriggerError where that can't be done."""
    _change(engine, noted, install.install)


def uncover(engine: Engine, noted: Noted) -> None:
    """Take a table's triggers away; what they noted is in the log then."""
    _change(engine, noted, install.remove)


def _change(engine: Engine, noted: Noted, how: Callable[[Connection, Noted], None]) -> None:
    _move_most(engine, noted)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with engine.begin() as connection:
                _hold(connection, noted)
                _move_rest(connection, noted)
                how(connection, noted)
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise _explained(error, engine, noted) from error
            if time.monotonic() > deadline:
                raise TriggerError(
                    f"Somebody has been using {noted.name} all the time. Try again when that "
                    "transaction has ended."
                ) from error
        time.sleep(PAUSE * random.uniform(0.5, 1.5))


def _explained(error: DBAPIError, engine: Engine, noted: Noted) -> Exception:
    """Return what the database has against this table as a TriggerError, anything else as it is."""
    if is_away(error):
        return error
    with engine.connect().execution_options(**READ_ONLY) as connection:
        reason = install.forbidden(connection, noted)
    first_line = str(error.orig).strip().partition("\n")[0]
    return TriggerError(reason or f"the database refused: {first_line}.")


def _move_most(engine: Engine, noted: Noted) -> None:
    moving = Moving(engine, lambda: {noted.fullname: noted}, lambda appended: None)
    moved = FEW
    while moved >= FEW:
        with suppress(Overtaken):
            moved = moving.move()


def _hold(connection: Connection, noted: Noted) -> None:
    """Let nobody else use the table until the transaction ends."""
    if connection.dialect.name == "sqlite":
        if not sqlite.is_table(connection, noted):
            raise TriggerError(f"{noted.fullname} is no table of this database.")
        return
    place = place_of(connection, noted)
    if place is None:
        raise TriggerError(f"{noted.fullname} is no table of this database.")
    connection.execute(text(f"SET LOCAL lock_timeout = '{TRY * 1000:.0f}ms'"))
    # What dropping a trigger takes: a lesser lock could only be raised behind those who wait.
    connection.execute(text("LOCK TABLE " + place.sql.replace(":", "\\:")))


def _move_rest(connection: Connection, noted: Noted) -> None:
    log = Log(connection.dialect)
    while groups := look(connection, {noted.fullname: noted}, 2 * FEW):
        write(connection, log, prepare(log, groups))

"""What triggers noted in a transaction that the program itself captures: it's logged once.

Such a transaction learns of triggers on its own connection, so that nothing has to be known of them
beforehand, wherever they were installed and however lately: PostgreSQL's tell it by a message, and
SQLite's leave notes above the highest that there was when it began.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event

from dashboard.changes.capture.pending import Difference
from dashboard.changes.capture.watched import Watched
from dashboard.changes.log import HEAD
from dashboard.changes.triggers.chains import groups_of
from dashboard.changes.triggers.look import reader_for
from dashboard.changes.triggers.noted import Noted
from dashboard.changes.triggers.notes import GONE, NOTE, Tables, take
from dashboard.changes.triggers.postgresql import CAPTURED, TOLD

HIGHEST = "dashboard.highest_note"
NOTED = "dashboard.noted"
"""Keys of ``connection.info``."""

OWN = -1
"""The group of the transaction's own notes."""

Find = Callable[[str], Watched | None]
"""Finds a table by its full name in the database; None for one that isn't captured."""


class Settled(NamedTuple):
    """What is to be logged: changes of others that come first, then the transaction's own."""

    earlier: list[Difference]
    own: list[Difference]


class OwnNotes:
    """Puts what a transaction captured and what triggers noted of it together."""

    def __init__(self, find: Find) -> None:
        self._find = find

    def listen(self, engine: Engine) -> None:
        if engine.dialect.name == "sqlite":
            event.listen(engine, "begin", _note_highest)
        elif engine.dialect.driver == "psycopg":
            event.listen(engine, "checkout", _hear)
            event.listen(engine, "begin", _forget)

    def settle(self, connection: Connection, captured: list[Difference]) -> Settled:
        """Take away the transaction's own notes, and others' notes of the same records.

        What was captured and noted is logged once; what was only noted, such as SQL text, isn't
        lost; and what others did to the same records before comes before it.
        """
        own = _own_notes(connection)
        if own is None:
            return Settled([], captured)
        # From here to the commit no mover makes changes of notes.
        connection.execute(_LOCK_HEAD)
        found = connection.execute(_same_records(own)).all()
        tables = self._tables({row.table_name for row in found})
        ids = {row.id: row.own for row in found if row.table_name in tables}
        reader = reader_for(connection, tables)
        notes = [
            note._replace(group=OWN) if ids[note.id] else note for note in reader.notes([*ids])
        ]
        states = reader.states(dict.fromkeys(note.record for note in notes))
        take(connection, [*ids])
        groups = groups_of(notes, states)
        earlier = [each for group in groups if not ids[group.ids[0]] for each in group.changes]
        noted = [each for group in groups if ids[group.ids[0]] for each in group.changes]
        seen = {(each.table, each.key) for each in captured}
        unseen = [each for each in noted if (each.table, each.key) not in seen]
        return Settled(
            earlier, [*captured, *(each._replace(actor=None, at=None) for each in unseen)]
        )

    def _tables(self, names: Iterable[str]) -> Tables:
        """Return those that this process can name; notes of others are left to the mover."""
        found = ((name, self._find(name)) for name in names)
        return {
            name: Noted(watched.name, watched)
            for name, watched in found
            if watched is not None and watched.name is not None
        }


_LOCK_HEAD = sa.select(HEAD.c.seq).where(HEAD.c.id == 1).with_for_update()


def _own_notes(connection: Connection) -> sa.ColumnElement[bool] | None:
    """Return what tells the transaction's own notes from others', None where it has none."""
    if connection.dialect.name == "sqlite":
        highest = connection.info.get(HIGHEST)
        if highest is None or _highest(connection) == highest:
            return None
        return NOTE.id > highest
    # Another driver than psycopg isn't listened to.
    if connection.dialect.driver == "psycopg" and not connection.info.get(NOTED):
        return None
    return NOTE.transaction == sa.literal_column("pg_current_xact_id()::text::bigint")


def _same_records(own: sa.ColumnElement[bool]) -> sa.Select[Any]:
    records = sa.select(NOTE.table_name, NOTE.key).where(own).subquery()
    same = sa.select(records)
    return sa.select(NOTE.id, NOTE.table_name, own.label("own")).where(
        NOTE.op != GONE, sa.tuple_(NOTE.table_name, NOTE.key).in_(same)
    )


def _note_highest(connection: Connection) -> None:
    if not connection.get_execution_options().get("dashboard_read_only"):
        connection.info[HIGHEST] = _highest(connection)


def _highest(connection: Connection) -> int | None:
    """Return the highest note's number, in a few microseconds; None where there is no table."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute("SELECT max(id) FROM dashboard_change_note")
        found: Any = cursor.fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        cursor.close()
    return found[0] or 0


def _forget(connection: Connection) -> None:
    connection.info[NOTED] = False


def _hear(raw: Any, record: Any, _: Any) -> None:
    """Have triggers tell when they note something on this connection."""
    if NOTED in record.info:
        return
    info = record.info
    info[NOTED] = False
    autocommit, raw.autocommit = raw.autocommit, True
    raw.execute(f"SET {CAPTURED} = 'on'")
    raw.autocommit = autocommit

    def told(diagnostic: Any) -> None:
        if diagnostic.message_primary == TOLD:
            info[NOTED] = True

    raw.add_notice_handler(told)

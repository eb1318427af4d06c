"""One look at the notes: what is there is read without a lock, and then becomes changes.

The lock of the log's head is held only while the changes are written. Should somebody else have
made changes of the same notes meanwhile, nothing is written, and the look is to be taken again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.changes.append import Log, Unnumbered
from dashboard.changes.triggers.chains import Group, groups_of
from dashboard.changes.triggers.notes import GONE, NOTE, NOTES, Tables, some, take
from dashboard.changes.triggers.postgresql_reader import PostgresqlReader
from dashboard.changes.triggers.reading import Reader, States
from dashboard.changes.triggers.sqlite_reader import SqliteReader


class Overtaken(Exception):
    """Somebody else has made changes of these notes."""


def reader_for(connection: Connection, tables: Tables) -> Reader:
    if connection.dialect.name == "sqlite":
        return SqliteReader(connection, tables)
    return PostgresqlReader(connection, tables)


def look(connection: Connection, tables: Tables, limit: int) -> list[Group]:
    """Read up to ``limit`` of the oldest notes of these tables.

    ``connection``'s transaction must be of one moment, since notes and tables are read by
    several statements.
    """
    oldest = (
        sa.select(NOTE.id, NOTE.transaction)
        .where(NOTE.table_name.in_(list(tables)), NOTE.op != GONE)
        .order_by(NOTE.id)
        .limit(limit)
    )
    rows = connection.execute(oldest).all()
    if not rows:
        return []
    last = rows[-1].id
    split = _split(connection, last, {row.transaction for row in rows})
    ids = [row.id for row in rows if row.transaction not in split]
    if not ids:  # A transaction that is larger than a look.
        split, ids = set(), [row.id for row in rows]
    reader = reader_for(connection, tables)
    notes = reader.notes(ids)
    later = _later(connection, reader, last, split) if len(rows) == limit or split else {}
    records = dict.fromkeys(note.record for note in notes)
    states = reader.states(record for record in records if record not in later)
    groups = groups_of(notes, states | later)
    unread = sorted({*ids} - {note.id for note in notes})
    return [*groups, Group(unread, [])] if unread else groups


def _split(connection: Connection, last: int, transactions: set[int | None]) -> set[int]:
    """Return the transactions that noted more after ``last``: they are to stay in one piece."""
    transactions.discard(None)
    more = sa.select(NOTE.transaction).distinct()
    return {
        found
        for part in some(transactions)
        for found in connection.execute(
            more.where(NOTE.id > last, NOTE.transaction.in_(part))
        ).scalars()
    }


def _later(connection: Connection, reader: Reader, last: int, split: set[int]) -> States:
    """Return what the records of this look were before their next notes, which are for others."""
    mine = sa.alias(NOTES, "mine").c
    chosen = mine.id <= last
    others = NOTE.id > last
    if split:
        chosen = sa.and_(chosen, mine.transaction.not_in(split))
        others = sa.or_(others, NOTE.transaction.in_(split))
    same = sa.select(mine.table_name, mine.key).where(chosen)
    first = (
        sa.select(sa.func.min(NOTE.id))
        .where(others, NOTE.op != GONE, sa.tuple_(NOTE.table_name, NOTE.key).in_(same))
        .group_by(NOTE.table_name, NOTE.key)
    )
    found = reader.notes([*connection.execute(first).scalars()])
    return {note.record: note.before for note in found}


class Piece(NamedTuple):
    """Groups that are moved in one transaction."""

    ids: list[int]
    changes: Unnumbered | None


def prepare(log: Log, groups: Sequence[Group]) -> Piece:
    changes = [change for group in groups for change in group.changes]
    ids = [id_ for group in groups for id_ in group.ids]
    return Piece(ids, log.prepare(changes, None) if changes else None)


def write(connection: Connection, log: Log, piece: Piece) -> tuple[str, int] | None:
    """Make changes of what a look has found; raise Overtaken where somebody else has.

    Return the log's epoch and the last of the numbers that the changes have got, if there are any.
    """
    numbers = log.write(connection, piece.changes) if piece.changes else None
    if not take(connection, piece.ids):
        raise Overtaken
    return numbers

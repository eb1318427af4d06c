"""The staging table: reading notes, and taking those away that have become changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.changes.triggers.chains import Note
from dashboard.changes.triggers.noted import Noted
from dashboard.models.log import ChangeNote

NOTES = cast(sa.Table, ChangeNote.__table__)
NOTE = NOTES.c

GONE = "-"
"""The op of a note that only keeps its number from being used again, which SQLite would do."""

IDS_PER_STATEMENT = 1000

Tables = Mapping[str, Noted]
"""The noted tables by their full names in the database."""


def any_notes(connection: Connection, tables: Tables) -> bool:
    """Tell whether there are notes of these tables."""
    first = sa.select(NOTE.id).where(NOTE.table_name.in_(list(tables)), NOTE.op != GONE).limit(1)
    return connection.execute(first).first() is not None


def some(values: Iterable[Any], size: int = IDS_PER_STATEMENT) -> Iterator[list[Any]]:
    """Yield the values in lists that fit into a statement."""
    remaining = iter(values)
    while found := list(islice(remaining, size)):
        yield found


def take(connection: Connection, ids: Sequence[int]) -> bool:
    """Delete notes; tell whether all of them were still there.

    Where it tells False the caller must roll back: somebody else has made changes of them.
    """
    keep = None
    if connection.dialect.name == "sqlite":
        keep = connection.execute(sa.select(sa.func.max(NOTE.id))).scalar()
    taken = 0
    for part in some(each for each in ids if each != keep):
        taken += connection.execute(sa.delete(NOTES).where(NOTE.id.in_(part))).rowcount
    if keep is not None:
        taken += _empty(connection, keep) if keep in ids else 0
    return taken == len(ids)


def _empty(connection: Connection, id_: int) -> int:
    """Leave nothing of the newest note but its number."""
    blank = dict.fromkeys(("table_name", "key", "before"))
    statement = sa.update(NOTES).where(NOTE.id == id_, NOTE.op != GONE)
    emptied = connection.execute(statement.values(op=GONE, **blank)).rowcount
    connection.execute(sa.delete(NOTES).where(NOTE.id < id_, NOTE.op == GONE))
    return emptied


def group_of(row: Any) -> int:
    """Return what holds a note together with others: its transaction, where the database knows."""
    return cast(int, row.id if row.transaction is None else row.transaction)


def note_of(row: Any, noted: Noted, key: Any, before: Any) -> Note:
    return Note(row.id, group_of(row), row.op, noted.name, key, before, row.actor, row.at)

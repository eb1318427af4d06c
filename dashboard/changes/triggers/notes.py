"""The staging table: reading notes, and taking those away that have become changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
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
    # By the index: the table may be large with nothing in it.
    first = sa.select(NOTE.id).order_by(NOTE.id).limit(1)
    known = first.where(NOTE.table_name.in_(list(tables)), NOTE.op != GONE)
    return connection.execute(known).first() is not None


def some(values: Iterable[Any], size: int = IDS_PER_STATEMENT) -> Iterator[list[Any]]:
    """Yield the values in lists that fit into a statement."""
    remaining = iter(values)
    while found := list(islice(remaining, size)):
        yield found


def take(connection: Connection, ids: Sequence[int]) -> bool:
    """Delete notes; tell whether all of them were still there.

    Where it tells False the caller must roll back: somebody else has made changes of them.
    """
    if connection.dialect.name != "sqlite":
        gone = (connection.execute(sa.delete(NOTES).where(NOTE.id.in_(part))) for part in some(ids))
        return sum(each.rowcount for each in gone) == len(ids)
    keep = connection.execute(_HIGHEST).scalar()
    taken = 0
    for first, last in runs(each for each in ids if each != keep):
        taken += connection.execute(_DELETE_RUN, {"first": first, "last": last}).rowcount
    if keep is not None and keep in ids:
        taken += _empty(connection, keep)
    return taken == len(ids)


_HIGHEST = sa.select(sa.func.max(NOTE.id))
_DELETE_RUN = sa.delete(NOTES).where(
    NOTE.id.between(sa.bindparam("first"), sa.bindparam("last")), NOTE.op != GONE
)


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of those that follow each other without a gap."""
    for _, found in groupby(enumerate(sorted(numbers)), key=lambda each: each[1] - each[0]):
        run = [number for _, number in found]
        yield run[0], run[-1]


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

"""Reading notes as what SQLAlchemy reads from the tables, each value as the log has it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from dashboard.changes.change import JsonRow
from dashboard.changes.triggers.chains import Note, Record
from dashboard.changes.triggers.noted import Noted

logger = logging.getLogger(__name__)

States = dict[Record, JsonRow | None]


class Reader(Protocol):
    """Reads what triggers noted. One is for one look: it remembers how to find the records."""

    def notes(self, ids: Sequence[int]) -> list[Note]:
        """Return these notes, but for those that can't be read."""

    def states(self, records: Iterable[Record]) -> States:
        """Return what the records of notes that were read are now, those that there are."""


def by_table(
    tables: Mapping[str, Noted], records: Iterable[Record]
) -> Iterator[tuple[Noted, list[Record]]]:
    """Yield the records of each table; ``tables`` are by their full names in the database."""
    named = {noted.name: noted for noted in tables.values()}
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record[0], []).append(record)
    for name, of_table in found.items():
        yield named[name], of_table


def drop(row: Any, error: Exception) -> None:
    """Say that a note is of no use."""
    logger.error(
        "Note %s of a change of %s can't be read and is dropped. Install the table's triggers "
        "again if its columns have changed. %s: %s",
        row.id,
        row.table_name,
        type(error).__name__,
        error,
    )

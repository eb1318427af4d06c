"""Reading SQLite's notes and rows, both as the triggers write them down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.changes.capture.watched import Key
from dashboard.changes.change import JsonRow
from dashboard.changes.triggers import sqlite
from dashboard.changes.triggers.chains import Note, Record
from dashboard.changes.triggers.encoding import Values, decode
from dashboard.changes.triggers.noted import Noted
from dashboard.changes.triggers.notes import NOTE, Tables, note_of, some
from dashboard.changes.triggers.reading import States, by_table, drop


def _blob(column: sa.Column[Any]) -> Any:
    # The driver refuses a text that isn't UTF-8.
    return sa.cast(column, sa.LargeBinary).label(column.name)


_RAW = sa.select(
    NOTE.id,
    NOTE.table_name,
    NOTE.op,
    _blob(NOTE.key),
    _blob(NOTE.before),
    NOTE.transaction,
    NOTE.actor,
    NOTE.at,
)


class SqliteReader:
    def __init__(self, connection: Connection, tables: Tables) -> None:
        self._connection = connection
        self._tables = tables
        self._values: dict[Noted, Values] = {}
        self._stored: dict[Record, Key] = {}

    def notes(self, ids: Sequence[int]) -> list[Note]:
        return [
            note
            for part in some(ids)
            for row in self._connection.execute(_RAW.where(NOTE.id.in_(part))).all()
            if (note := self._note(row)) is not None
        ]

    def _note(self, row: Any) -> Note | None:
        noted = self._tables[row.table_name]
        try:
            stored = decode(row.key)
            key = noted.key_of(self._of(noted).read(stored))
            before = None if row.before is None else self._read(noted, row.before)
        except (KeyError, TypeError, ValueError) as error:
            drop(row, error)
            return None
        self._stored[noted.name, key] = tuple([stored[name] for name in noted.key_names])
        return note_of(row, noted, key, before)

    def _of(self, noted: Noted) -> Values:
        if noted not in self._values:
            self._values[noted] = Values(noted.columns, self._connection.dialect)
        return self._values[noted]

    def _read(self, noted: Noted, text: bytes) -> JsonRow:
        return noted.public(self._of(noted).read(decode(text)))

    def states(self, records: Iterable[Record]) -> States:
        states: States = {}
        for noted, of_table in by_table(self._tables, records):
            keys = [self._stored[record] for record in of_table]
            for text in sqlite.present(self._connection, noted, keys):
                row = self._of(noted).read(decode(text))
                states[noted.name, noted.key_of(row)] = noted.public(row)
        return states

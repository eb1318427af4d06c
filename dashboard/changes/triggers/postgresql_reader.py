"""Reading PostgreSQL's notes: it makes rows of the table's own types out of them.

So SQLAlchemy reads them as it does the table's rows, of whatever types. What Python can't hold,
such as a date after the year 9999, stays as JSON has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import JSONB, OID
from sqlalchemy.types import TypeEngine

from dashboard.changes.capture.watched import Key
from dashboard.changes.triggers.chains import Note, Record
from dashboard.changes.triggers.encoding import quoted
from dashboard.changes.triggers.noted import Noted
from dashboard.changes.triggers.notes import NOTE, NOTES, Tables, note_of, some
from dashboard.changes.triggers.postgresql_columns import NotedColumn, columns_of, record_in
from dashboard.changes.triggers.postgresql_place import sql_name
from dashboard.changes.triggers.reading import States, by_table, drop
from dashboard.models.engine import is_away

HEAD = (NOTE.id, NOTE.table_name, NOTE.op, NOTE.transaction, NOTE.actor, NOTE.at)

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class PostgresqlReader:
    def __init__(self, connection: Connection, tables: Tables) -> None:
        self._connection = connection
        self._tables = tables
        self._keys: dict[Record, Key] = {}
        self._columns: dict[Noted, dict[str, tuple[NotedColumn, TypeEngine[Any]]]] = {}

    def notes(self, ids: Sequence[int]) -> list[Note]:
        found: list[Note] = []
        for part in some(ids):
            for table, of_table in self._sorted_out(part).items():
                noted = self._tables[table]
                found += self._read(noted, of_table, self._typed_notes, self._plain_note)
        return found

    def _sorted_out(self, ids: Sequence[int]) -> dict[str, list[int]]:
        heads = sa.select(NOTE.id, NOTE.table_name).where(NOTE.id.in_(ids))
        found: dict[str, list[int]] = {}
        for id_, table in self._connection.execute(heads):
            found.setdefault(table, []).append(id_)
        return found

    def _read(
        self,
        noted: Noted,
        asked: Sequence[Asked],
        typed: Callable[[Noted, Sequence[Asked]], list[Found]],
        plain: Callable[[Noted, Asked], list[Found]],
    ) -> list[Found]:
        """Read them all at once; where that fails each by itself, and plainly if it must be."""
        try:
            with self._connection.begin_nested():
                return typed(noted, asked)
        except Exception as error:  # The types' own errors are many.
            if is_away(error):
                raise
        if len(asked) == 1:
            return plain(noted, asked[0])
        return [found for each in asked for found in self._read(noted, [each], typed, plain)]

    def _typed_notes(self, noted: Noted, ids: Sequence[int]) -> list[Note]:
        types = self._types(noted)
        key, keys = record_in(NOTE.key, [types[name] for name in noted.key_names])
        before, olds = record_in(NOTE.before, [types[name] for name in noted.stored])
        rows = self._connection.execute(
            sa.select(*HEAD, NOTE.before.is_(None), *keys, *olds)
            .select_from(NOTES.join(key, sa.true()).join(before, sa.true()))
            .where(NOTE.id.in_(ids))
        )
        notes = []
        for row in rows:
            new, *values = row[len(HEAD) :]
            record = self._note_key(noted, values[: len(keys)])
            old = dict(zip(noted.stored, values[len(keys) :], strict=True))
            notes.append(note_of(row, noted, record[1], None if new else noted.public(old)))
        return notes

    def _types(self, noted: Noted) -> dict[str, tuple[NotedColumn, TypeEngine[Any]]]:
        """Return how each column is noted, and the type by which SQLAlchemy reads it."""
        if noted not in self._columns:
            oid = sa.select(sa.cast(sa.func.to_regclass(sql_name(noted.table)), OID))
            oids = [self._connection.execute(oid).scalar_one()]
            types = {each.name: each.type for each in noted.columns}
            self._columns[noted] = {
                each.name: (each, types[each.name])
                for each in columns_of(self._connection, oids, noted.key_names)
                if each.name in types
            }
        return self._columns[noted]

    def _note_key(self, noted: Noted, values: Sequence[Any]) -> Record:
        record = noted.name, noted.key_of(dict(zip(noted.key_names, values, strict=True)))
        self._keys[record] = tuple(values)
        return record

    def _plain_note(self, noted: Noted, id_: int) -> list[Note]:
        statement = sa.select(*HEAD, NOTE.key, NOTE.before).where(NOTE.id == id_)
        row = self._connection.execute(statement).one()
        try:
            _, key = self._note_key(noted, [row.key[name] for name in noted.key_names])
        except (KeyError, TypeError) as error:
            drop(row, error)
            return []
        return [note_of(row, noted, key, row.before and noted.public(row.before))]

    def states(self, records: Iterable[Record]) -> States:
        states: States = {}
        for noted, of_table in by_table(self._tables, records):
            keys = [self._keys[record] for record in of_table]
            for row in self._read(noted, keys, self._typed_rows, self._plain_row):
                states[noted.name, noted.key_of(row)] = noted.public(row)
        return states

    def _typed_rows(self, noted: Noted, keys: Sequence[Key]) -> list[dict[str, Any]]:
        return [*noted.watched.fetch(self._connection, keys, lock=False)]

    def _plain_row(self, noted: Noted, key: Key) -> list[dict[str, Any]]:
        # The whole row: a column that is mapped may not be there any more.
        row: sa.ColumnElement[Any] = sa.literal_column(f"{quoted(noted.table.name)}.*")
        whole = sa.func.to_jsonb(row)
        same = (
            sa.cast(column, sa.Text) == str(value)
            for column, value in zip(noted.watched.key, key, strict=True)
        )
        found = sa.select(sa.type_coerce(whole, JSONB)).select_from(noted.table).where(*same)
        return [*self._connection.execute(found).scalars()]

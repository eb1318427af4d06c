"""The tables whose notes can be read: what of their rows is noted, and by what name it's logged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from dashboard.catalog.values import to_json
from dashboard.changes.capture.watched import Watched
from dashboard.changes.change import JsonRow
from dashboard.changes.triggers.encoding import Raw


class Noted:
    """A table as its triggers see it; ``name`` is that of the log."""

    def __init__(self, name: str, watched: Watched) -> None:
        self.name = name
        self.watched = watched
        self.table = watched.table
        self.fullname = watched.table.fullname
        self.key_names = tuple(column.name for column in watched.key)

    @cached_property
    def stored(self) -> tuple[str, ...]:
        """The columns that are noted: those that may leave the database, and the key's."""
        public = {*self.watched.public, *self.key_names}
        return tuple(each.name for each in self.watched.columns if each.name in public)

    @cached_property
    def columns(self) -> tuple[sa.Column[Any], ...]:
        return tuple(each for each in self.watched.columns if each.name in self.stored)

    @cached_property
    def row_id(self) -> str | None:
        """The only key column where it's an integer that the database makes, else None."""
        column = self.watched.rowid
        return None if column is None else column.name

    def key_of(self, row: Raw) -> tuple[Any, ...]:
        """Return the key as the log has it; raise KeyError for a row that lacks a part of it."""
        return tuple([to_json(row[name]) for name in self.key_names])

    def public(self, row: Raw) -> JsonRow:
        """Return the row as the log has it; what wasn't there when it was noted is None."""
        return {name: to_json(row.get(name)) for name in self.watched.public}


NotedTables = Callable[[], Mapping[str, Noted]]
"""Returns the tables by their full names in the database."""


def noted_tables(tables: Callable[[], Mapping[str, sa.Table]]) -> NotedTables:
    """Return the noted tables of what ``tables`` returns, SQLAlchemy's by their logged names."""
    known: dict[sa.Table, Noted] = {}

    def find() -> dict[str, Noted]:
        found = {}
        for name, table in tables().items():
            noted = known.get(table)
            if noted is None or noted.name != name:
                noted = known[table] = Noted(name, Watched(table))
            found[noted.fullname] = noted
        return found

    return find

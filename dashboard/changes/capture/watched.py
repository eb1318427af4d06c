"""A table whose rows capture looks at, with the SQL to read its rows by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.changes.prepared import Prepared

Key = tuple[Any, ...]
Row = dict[str, Any]

# SQLite takes at most 32,766 parameters in a statement.
KEYS_PER_QUERY = 500


class Watched:
    """A table as capture sees it. ``name`` is the catalog's name, None where it isn't live."""

    name: str | None = None

    def __init__(self, table: sa.Table) -> None:
        self.table = table
        self.columns = tuple(table.columns)
        # A many-to-many table may have no primary key; its whole row is then what names it.
        self.key = tuple(table.primary_key.columns) or self.columns
        self.public = tuple(each.name for each in self.columns if not each.info.get("private"))
        self.key_names = tuple(column.name for column in self.key)
        self.names_by_key = {column.key: column.name for column in self.columns}
        self._names = tuple(column.name for column in self.columns)
        # Making a statement takes longer than running it.
        self._selects: dict[tuple[Any, ...], sa.Select[Any]] = {}
        self._prepared: dict[tuple[Any, ...], Prepared] = {}

    def key_of(self, row: Row) -> Key:
        return tuple([row[name] for name in self.key_names])

    def fetch(
        self, connection: Connection, keys: Iterable[Key], *, lock: bool = True
    ) -> Iterator[Row]:
        """Read, and on databases that can, lock the rows that have these keys."""
        return self.fetch_by(connection, self.key, keys, lock=lock)

    def fetch_by(
        self,
        connection: Connection,
        columns: Sequence[sa.Column[Any]],
        values: Iterable[Sequence[Any]],
        *,
        lock: bool = True,
    ) -> Iterator[Row]:
        """Read and lock the rows whose ``columns`` have one of these combinations of values."""
        remaining = iter(values)
        while some := list(islice(remaining, KEYS_PER_QUERY)):
            shape = (tuple(columns), lock)
            if len(some) == 1:
                found = self._by_one(connection, shape).rows(connection, _parameters(some[0]))
                yield from (dict(zip(self._names, row, strict=True)) for row in found)
            else:
                yield from self.rows(connection, self._by_some(shape), {"keys": _values(some)})

    def _by_one(self, connection: Connection, shape: tuple[Any, ...]) -> Prepared:
        if shape not in self._prepared:
            columns, lock = shape
            select = self.select(_equal(columns), lock=lock)
            self._prepared[shape] = Prepared(select, connection.dialect)
        return self._prepared[shape]

    def _by_some(self, shape: tuple[Any, ...]) -> sa.Select[Any]:
        if shape not in self._selects:
            columns, lock = shape
            self._selects[shape] = self.select(_in(columns), lock=lock)
        return self._selects[shape]

    def rows(
        self, connection: Connection, statement: sa.Select[Any], parameters: dict[str, Any]
    ) -> Iterator[Row]:
        for row in connection.execute(statement, parameters).all():
            yield dict(zip(self._names, row, strict=True))

    def select(self, where: sa.ColumnElement[bool] | None, *, lock: bool = True) -> sa.Select[Any]:
        statement = sa.select(*self.columns)
        if lock:
            statement = statement.with_for_update(of=self.table)
        return statement if where is None else statement.where(where)

    @cached_property
    def rowid(self) -> sa.Column[Any] | None:
        """The only key column where it's an integer that the database counts up, else None."""
        column = self.table.autoincrement_column
        return column if column is not None and self.key == (column,) else None


def _in(columns: Sequence[sa.Column[Any]]) -> sa.ColumnElement[bool]:
    keys: Any = sa.bindparam("keys", expanding=True)
    return columns[0].in_(keys) if len(columns) == 1 else sa.tuple_(*columns).in_(keys)


def _values(keys: Sequence[Sequence[Any]]) -> list[Any]:
    return [key[0] if len(key) == 1 else tuple(key) for key in keys]


def _equal(columns: Sequence[sa.Column[Any]]) -> sa.ColumnElement[bool]:
    return sa.and_(*(each == sa.bindparam(f"key_{n}") for n, each in enumerate(columns)))


def _parameters(key: Sequence[Any]) -> dict[str, Any]:
    return {f"key_{n}": each for n, each in enumerate(key)}

"""The tables whose rows capture looks at, each with the SQL to read its rows by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.changes.prepared import Prepared

Key = tuple[Any, ...]
Row = dict[str, Any]
NameOf = Callable[[sa.Table], str | None]

# SQLite takes at most 32,766 parameters in a statement.
KEYS_PER_QUERY = 500


@dataclass(frozen=True, eq=False)
class Cascade:
    """The database itself changes ``child``'s rows when a row that they refer to goes."""

    child: sa.Table
    columns: tuple[sa.Column[Any], ...]
    referred: tuple[str, ...]
    on_delete: bool
    deletes: bool
    on_update: bool


Cascades = dict[sa.Table, list[Cascade]]


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


class WatchedTables:
    """Finds the Watched of a statement's table. ``name_of`` tells which tables are live."""

    def __init__(self, name_of: NameOf) -> None:
        self._name_of = name_of
        self._watched: dict[sa.Table, Watched] = {}
        self._cascades: dict[tuple[sa.MetaData, int], Cascades] = {}
        self._referred: dict[tuple[sa.Table, int], frozenset[str]] = {}

    def of_written(self, written: Any) -> Watched | None:
        """Return the Watched of what a DML statement writes to, None where nobody looks at it."""
        # An ORM statement's table is an annotated copy; the real one is in the metadata.
        metadata = getattr(written, "metadata", None)
        table = None if metadata is None else metadata.tables.get(written.key)
        if table is None:
            return None
        watched = self.of(table)
        return watched if watched.name is not None or self.cascades(table) else None

    def of(self, table: sa.Table) -> Watched:
        watched = self._watched.get(table)
        if watched is None:
            watched = self._watched[table] = Watched(table)
        if watched.name is None:  # It may have got one meanwhile.
            watched.name = self._name_of(table)
        return watched

    def named(self, fullname: str) -> Watched | None:
        """Return the table of this name in the database, if it or one beside it was seen."""
        for metadata in {table.metadata for table in self._watched}:
            table = metadata.tables.get(fullname)
            if table is not None:
                return self.of(table)
        return None

    def cascades(self, table: sa.Table) -> list[Cascade]:
        """Return what the database does by itself to rows that refer to ``table``'s."""
        metadata = table.metadata
        version = (metadata, len(metadata.tables))
        found = self._cascades.get(version)
        if found is None:
            found = self._cascades[version] = _read_cascades(metadata)
        return found.get(table, [])

    def referred(self, table: sa.Table) -> frozenset[str]:
        """Return ``table``'s columns whose new values the database may carry to other rows."""
        version = (table, len(table.metadata.tables))
        found = self._referred.get(version)
        if found is None:
            names = (name for each in self.cascades(table) for name in each.referred)
            found = self._referred[version] = frozenset(names)
        return found


def _read_cascades(metadata: sa.MetaData) -> Cascades:
    found: Cascades = {}
    for child in metadata.tables.values():
        if not child.info.get("logged", True):
            continue
        for constraint in child.foreign_key_constraints:
            on_delete = _acts(constraint.ondelete)
            on_update = _acts(constraint.onupdate)
            if on_delete or on_update:
                found.setdefault(constraint.referred_table, []).append(
                    Cascade(
                        child=child,
                        columns=tuple(constraint.columns),
                        referred=tuple(each.column.name for each in constraint.elements),
                        on_delete=on_delete,
                        deletes=(constraint.ondelete or "").upper() == "CASCADE",
                        on_update=on_update,
                    )
                )
    return found


def _acts(rule: str | None) -> bool:
    return (rule or "NO ACTION").upper().split(" (")[0] not in ("NO ACTION", "RESTRICT")

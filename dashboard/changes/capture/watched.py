"""The tables whose rows capture looks at, each with the SQL to read its rows by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

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


class Watched:
    """A table as capture sees it. ``name`` is the catalog's name, None where it isn't live."""

    name: str | None = None

    def __init__(self, table: sa.Table) -> None:
        self.table = table
        self.columns = tuple(table.columns)
        # A many-to-many table may have no primary key; its whole row is then what names it.
        self.key = tuple(table.primary_key.columns) or self.columns
        self.public = tuple(each.name for each in self.columns if not each.info.get("private"))
        self._names = tuple(column.name for column in self.columns)
        self._key_names = tuple(column.name for column in self.key)
        self._selects: dict[tuple[Any, ...], sa.Select[Any]] = {}  # Making one takes long.

    def key_of(self, row: Row) -> Key:
        return tuple([row[name] for name in self._key_names])

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
            statement = self._select_by(tuple(columns), many=len(some) > 1, lock=lock)
            yield from self.rows(connection, statement, _parameters(some))

    def _select_by(
        self, columns: tuple[sa.Column[Any], ...], *, many: bool, lock: bool
    ) -> sa.Select[Any]:
        shape = (columns, many, lock)
        if shape not in self._selects:
            select = self.select(_in(columns) if many else _equal(columns), lock=lock)
            self._selects[shape] = select
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


def _equal(columns: Sequence[sa.Column[Any]]) -> sa.ColumnElement[bool]:
    """Return what ``_in`` does for one key, which is quicker."""
    return sa.and_(*(each == sa.bindparam(f"key_{n}") for n, each in enumerate(columns)))


def _parameters(keys: Sequence[Sequence[Any]]) -> dict[str, Any]:
    if len(keys) == 1:
        return {f"key_{n}": each for n, each in enumerate(keys[0])}
    return {"keys": [key[0] if len(key) == 1 else tuple(key) for key in keys]}


class WatchedTables:
    """Finds the Watched of a statement's table. ``name_of`` tells which tables are live."""

    def __init__(self, name_of: NameOf) -> None:
        self._name_of = name_of
        self._watched: dict[sa.Table, Watched] = {}
        self._cascades: dict[tuple[sa.MetaData, int], dict[sa.Table, list[Cascade]]] = {}

    def of_statement(self, statement: Any) -> Watched | None:
        """Return the Watched that a DML statement writes to, None where nobody looks at it."""
        # An ORM statement's table is an annotated copy; the real one is in the metadata.
        metadata = getattr(statement.table, "metadata", None)
        table = None if metadata is None else metadata.tables.get(statement.table.key)
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

    def cascades(self, table: sa.Table) -> list[Cascade]:
        """Return what the database does by itself to rows that refer to ``table``'s."""
        metadata = table.metadata
        version = (metadata, len(metadata.tables))
        found = self._cascades.get(version)
        if found is None:
            found = self._cascades[version] = _read_cascades(metadata)
        return found.get(table, [])


def _read_cascades(metadata: sa.MetaData) -> dict[sa.Table, list[Cascade]]:
    found: dict[sa.Table, list[Cascade]] = {}
    for child in metadata.tables.values():
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

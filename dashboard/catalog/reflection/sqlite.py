"""What an SQLite file has, by its PRAGMAs: they say names as they are, whatever is in them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from dashboard.catalog.reflection.checks import checks_in
from dashboard.catalog.reflection.relation import OWN, ColumnFacts, ForeignKey, Relation
from dashboard.catalog.reflection.sqlite_types import info_of, named_by, type_of

logger = logging.getLogger(__name__)

SCHEMA = "main"
ROWIDS = ("rowid", "_rowid_", "oid")
"""What the number of a row is called, unless a column is called so."""

_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\s", re.IGNORECASE)
_WITHOUT_ROWID = re.compile(r"\)[^)]*\bWITHOUT\s+ROWID\b[^)]*\Z", re.IGNORECASE)
_STRICT = re.compile(r"\)[^)]*\bSTRICT\b[^)]*\Z", re.IGNORECASE)
_SHADOWS = ("data", "idx", "content", "docsize", "config", "segments", "segdir", "stat", "node",
            "parent", "rowid")  # fmt: skip


class SQLite:
    """Asks an SQLite file."""

    def default_schema(self, connection: Connection) -> str:
        return SCHEMA

    def relations(self, connection: Connection) -> list[Relation]:
        rows = connection.exec_driver_sql(
            "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        ).all()
        virtual = [row.name for row in rows if _VIRTUAL.match(row.sql or "")]
        shadows = {f"{name}_{part}" for name in virtual for part in _SHADOWS}
        return [
            Relation(
                SCHEMA,
                row.name,
                kind="virtual table" if row.name in virtual else row.type,
                listed=not row.name.startswith(OWN),
            )
            for row in rows
            if row.name not in shadows
        ]

    def described(self, connection: Connection, chosen: Sequence[Relation]) -> list[Relation]:
        found = (self._described(connection, each) for each in chosen)
        return [each for each in found if each is not None]

    def fold(self, name: str) -> str:
        # Only the letters from A to Z have cases there.
        return "".join(each.lower() if each.isascii() else each for each in name)

    def _described(self, connection: Connection, relation: Relation) -> Relation | None:
        name = _quoted(relation.name)
        try:
            rows = connection.exec_driver_sql(f"PRAGMA table_xinfo({name})").all()
            # A view of what is gone, or a virtual table whose module isn't here, can't be read.
            connection.exec_driver_sql(f"SELECT * FROM {name} LIMIT 0").all()  # noqa: S608
        except DBAPIError as error:
            logger.warning("%s can't be read, so it has no page: %s", relation.name, error.orig)
            return None
        # A hidden column of a virtual table is no data of its own.
        rows = [row for row in rows if row.hidden != 1]
        types = {row.name: type_of(row.type) for row in rows}
        for each in _incomparable(connection, name, [row.name for row in rows if row.name]):
            types[each] = type_of("")
        if relation.kind != "table":
            columns = tuple(_column(row, types[row.name]) for row in rows if row.name)
            return replace(relation, writable=False, columns=columns)
        return self._table(connection, relation, rows, types)

    def _table(
        self,
        connection: Connection,
        relation: Relation,
        rows: Sequence[Any],
        types: Mapping[str, TypeEngine[Any]],
    ) -> Relation:
        name = _quoted(relation.name)
        sql = connection.execute(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"),
            {"name": relation.name},
        ).scalar()
        names = {row.name.lower() for row in rows}
        without = _WITHOUT_ROWID.search(sql or "") is not None
        rowid = None if without else next((each for each in ROWIDS if each not in names), None)
        strict = _STRICT.search(sql or "") is not None
        keys = sorted((row for row in rows if row.pk), key=lambda row: row.pk)
        indexes = connection.exec_driver_sql(f"PRAGMA index_list({name})").all()
        # An INTEGER PRIMARY KEY DESC isn't the row's number, and has an index of its own.
        indexed = any(each.origin == "pk" for each in indexes)
        alias = len(keys) == 1 and keys[0].type.upper() == "INTEGER" and not without and not indexed
        checks = tuple(checks_in(sql or ""))
        # Where any value may be in a key, and 5 isn't '5', only the row's number can name it.
        unsure = not keys or any(not row.name or _is_unsure(types[row.name]) for row in keys)
        by_rowid = rowid is not None and unsure and not alias
        references = tuple(_foreign_keys(connection, name))
        naming = {row.name for row in keys} | {part for each in references for part in each.columns}
        return replace(
            relation,
            # A column without a name is nothing that SQLAlchemy could name.
            columns=tuple(
                _column(
                    row,
                    named_by(types[row.name]) if row.name in naming else types[row.name],
                    is_alias=alias and bool(row.pk),
                    exact=strict and row.type.upper() == "ANY",
                )
                for row in rows
                if row.name
            ),
            key=() if by_rowid else tuple(row.name for row in keys),
            counts=keys[0].name if alias else None,
            foreign_keys=references,
            uniques=tuple(_uniques(connection, indexes)),
            checks=checks,
            rowid=None if alias else rowid,
            rowid_is_key=by_rowid,
        )


def _is_unsure(type_: TypeEngine[Any]) -> bool:
    like = getattr(type_, "like", type_)
    return isinstance(like, sa.types.NullType | sa.LargeBinary | sa.JSON | sa.Boolean)


def _incomparable(connection: Connection, name: str, columns: Sequence[str]) -> Iterator[str]:
    """Yield the columns whose collation only the program has that made the file.

    They are shown; nothing can be asked of them.
    """
    half = len(columns) // 2
    order = ", ".join(map(_quoted, columns))
    try:
        connection.exec_driver_sql(f"SELECT 1 FROM {name} ORDER BY {order} LIMIT 0").all()  # noqa: S608
    except DBAPIError:
        if half == 0:
            yield from columns
        else:
            yield from _incomparable(connection, name, columns[:half])
            yield from _incomparable(connection, name, columns[half:])


def _column(
    row: Any, type_: TypeEngine[Any], *, is_alias: bool = False, exact: bool = False
) -> ColumnFacts:
    return ColumnFacts(
        name=row.name,
        type=type_,
        nullable=not (row.notnull or is_alias),
        default=row.dflt_value is not None or is_alias,
        made=row.hidden in (2, 3),
        info=info_of(type_, exact=exact),
    )


def _foreign_keys(connection: Connection, name: str) -> Iterator[ForeignKey]:
    """Yield foreign keys; ``referred`` is empty where it's the key of what is referred to."""
    rows = connection.exec_driver_sql(f"PRAGMA foreign_key_list({name})").all()
    for number in dict.fromkeys(row.id for row in rows):
        parts = sorted((row for row in rows if row.id == number), key=lambda row: row.seq)
        referred = tuple(row.to for row in parts if row.to is not None)
        yield ForeignKey(
            columns=tuple(getattr(row, "from") for row in parts),
            target=(SCHEMA, parts[0].table),
            referred=referred if len(referred) == len(parts) else (),
            ondelete=parts[0].on_delete,
            onupdate=parts[0].on_update,
            # PRAGMA doesn't say, and looking a reference up before the commit does no harm.
            deferrable=True,
        )


def _uniques(connection: Connection, indexes: Sequence[Any]) -> Iterator[tuple[str, ...]]:
    for index in indexes:
        if index.unique and not index.partial:
            rows = connection.exec_driver_sql(f"PRAGMA index_info({_quoted(index.name)})").all()
            if all(row.name is not None for row in rows):
                yield tuple(row.name for row in rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""The indexes that a table has in the database, its keys and unique constraints among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.catalog import Table


@dataclass(frozen=True, slots=True)
class Part:
    """A column of an index or of an order. ``nulls_first`` is None where there's no NULL."""

    name: str
    descending: bool
    nulls_first: bool | None


@dataclass(frozen=True, slots=True)
class Index:
    """``behind`` is what rows that are alike in all parts are ordered by: SQLite's row id."""

    parts: tuple[Part, ...]
    unique: bool = False
    behind: tuple[Part, ...] = ()


def indexes_of(connection: Connection, table: Table) -> list[Index]:
    """Return the indexes that can find and order any row: none partial, none of expressions."""
    if connection.dialect.name == "sqlite":
        return [*_of_sqlite(connection, table.sql)]
    return [*_of_others(connection, table.sql)]


def _of_sqlite(connection: Connection, sql: sa.Table) -> Iterator[Index]:
    """SQLAlchemy doesn't tell an index's directions here, nor the key's own index."""
    preparer = connection.dialect.identifier_preparer
    schema = f"{preparer.quote(sql.schema)}." if sql.schema else ""

    def pragma(name: str, argument: str) -> list[Any]:
        statement = f"PRAGMA {schema}{name}({preparer.quote_identifier(argument)})"
        return [*connection.exec_driver_sql(statement).mappings()]

    found = pragma("index_list", sql.name)
    key = [each["name"] for each in pragma("table_info", sql.name) if each["pk"]]
    # A key without an index of its own is the row id.
    keyed = any(index["origin"] == "pk" for index in found)
    row_id = () if keyed else tuple(Part(name, False, True) for name in key)
    if row_id:
        yield Index(row_id, unique=True)
    for index in found:
        rows = [each for each in pragma("index_xinfo", index["name"]) if each["key"]]
        if not index["partial"] and all(each["name"] is not None for each in rows):
            # NULL is the least value here.
            parts = (Part(each["name"], bool(each["desc"]), not each["desc"]) for each in rows)
            yield Index(tuple(parts), bool(index["unique"]), row_id)


def _of_others(connection: Connection, sql: sa.Table) -> Iterator[Index]:
    inspector = sa.inspect(connection)
    key = inspector.get_pk_constraint(sql.name, sql.schema)["constrained_columns"]
    if key:
        yield Index(tuple(Part(name, False, None) for name in key), unique=True)
    for index in inspector.get_indexes(sql.name, sql.schema):
        options = index.get("dialect_options", {})
        usual = options.get("postgresql_using", "btree") == "btree"
        names = index["column_names"]
        if usual and "postgresql_where" not in options and None not in names:
            sorting = index.get("column_sorting", {})
            yield Index(
                tuple(_part(str(name), sorting.get(str(name), ())) for name in names),
                bool(index["unique"]),
            )


def _part(name: str, sorting: tuple[str, ...]) -> Part:
    descending = "desc" in sorting
    # On PostgreSQL NULL is the greatest value unless it's said otherwise.
    nulls_first = "nulls_first" in sorting or (descending and "nulls_last" not in sorting)
    return Part(name, descending, nulls_first)

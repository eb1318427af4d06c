"""PostgreSQL: where a table is, what of it is noted, and which tables inherit from it."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from sqlalchemy import Connection, Table, text

from dashboard.changes.triggers.encoding import quoted
from dashboard.changes.triggers.noted import Noted
from dashboard.changes.triggers.postgresql_columns import columns_of


class Place(NamedTuple):
    """Where a table is: its schema and name, and whether its triggers must run for each row."""

    oid: int
    schema: str
    name: str
    by_row: bool
    unknown: tuple[str, ...]
    """Its columns that aren't to be noted."""

    texts: tuple[str, ...]
    """Its columns that are noted as texts."""

    plain: bool
    """Whether all of its columns are of types whose JSON depends on no setting."""

    children: tuple[str, ...]
    """Tables that inherit from it, as SQL has them: their rows are in it as well."""

    @property
    def sql(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def sql_name(table: Table) -> str:
    """Return a table's name as SQL has it, percent signs and all."""
    parts = (table.schema, table.name)
    return ".".join(quoted(part) for part in parts if part)


def place_of(connection: Connection, noted: Noted) -> Place | None:
    """Find a table; None where there is none, or it is no table."""
    row = connection.execute(
        text(
            "SELECT c.oid, n.nspname, c.relname, c.relkind = 'p' OR c.relispartition "
            "OR EXISTS (SELECT 1 FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent)) "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.oid = to_regclass(:name) AND c.relkind IN ('r', 'p')"
        ),
        {"name": sql_name(noted.table)},
    ).first()
    if row is None:
        return None
    children = _children(connection, row[0])
    columns = columns_of(connection, [row[0], *children], noted.key_names)
    unknown = dict.fromkeys(each.name for each in columns if each.name not in noted.stored)
    texts = dict.fromkeys(
        each.name for each in columns if each.as_text and each.name in noted.stored
    )
    plain = all(each.independent for each in columns)
    return Place(
        row[0],
        row[1],
        row[2],
        row[3],
        unknown=tuple(unknown),
        texts=tuple(texts),
        plain=plain,
        children=tuple(children.values()),
    )


def _children(connection: Connection, oid: int) -> dict[int, str]:
    """Return the tables that inherit from one, be it through others, without partitions."""
    return _kin(connection, oid, "inhparent", "inhrelid", "AND NOT c.relispartition")


def parents(connection: Connection, oid: int) -> dict[int, str]:
    return _kin(connection, oid, "inhrelid", "inhparent")


def _kin(connection: Connection, oid: int, this: str, that: str, which: str = "") -> dict[int, str]:
    rows = connection.execute(
        text(
            f"WITH RECURSIVE kin AS (SELECT {that} AS oid FROM pg_inherits WHERE {this} = :oid "
            f"UNION SELECT i.{that} FROM pg_inherits i JOIN kin ON kin.oid = i.{this}) "
            "SELECT c.oid, nspname, relname FROM kin JOIN pg_class c USING (oid) "
            f"JOIN pg_namespace n ON n.oid = relnamespace WHERE true {which} ORDER BY 2, 3"
        ),
        {"oid": oid},
    )
    return {found: f"{quoted(schema)}.{quoted(name)}" for found, schema, name in rows}


def own_schema(connection: Connection) -> str:
    """Return the schema in which the program's own tables are, as SQL has it."""
    name = connection.execute(
        text(
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.oid = to_regclass('dashboard_change_note')"
        )
    ).scalar_one()
    return quoted(name)


def function_name(table: str) -> str:
    """Return a name that fits into PostgreSQL's 63 bytes and is the table's alone."""
    return f"dashboard_note_{digest(table)}"


def digest(table: str) -> str:
    return f"{crc32(table.encode()):08x}"

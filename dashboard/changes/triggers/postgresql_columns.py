"""PostgreSQL: of what types a table's columns are, and how their values are noted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import TypeEngine

from dashboard.catalog.reflection.postgresql_types import Named

INDEPENDENT = (
    "bool", "int2", "int4", "int8", "numeric", "text", "varchar", "bpchar", "uuid", "date",
    "timestamp", "time", "json", "jsonb",
)  # fmt: skip
"""Types whose JSON depends on no setting of the writer's."""

_COLUMNS = sa.text(
    """
    WITH RECURSIVE made (relation, number, name, type) AS (
        SELECT attrelid, attnum, attname, atttypid FROM pg_attribute
        WHERE attrelid = ANY (:oids) AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT relation, number, name, typbasetype FROM made
        JOIN pg_type t ON t.oid = type WHERE typtype = 'd'
    )
    SELECT relation, name, format_type(t.oid, -1) AS spec,
        typname = ANY (:independent) OR typtype = 'e' AS independent,
        -- PostgreSQL's own types have numbers below that.
        typtype <> 'e' AND (t.oid >= 16384 OR typname IN ('json', '_json')) AS odd_as_json,
        typname IN ('jsonb', '_jsonb') AS jsonb
    FROM made JOIN pg_type t ON t.oid = type WHERE typtype <> 'd'
    ORDER BY array_position(:oids, relation), number
    """
)


class NotedColumn(NamedTuple):
    """``spec`` is the type in SQL, a domain's being what it's made of: NULL is a value of that.

    ``as_text`` columns are noted by the texts that the database writes for them. As JSON some
    couldn't be read again, since their types have a form of their own there, as hstore has, and a
    ``json`` may hold what can't be stored as JSON, which would fail the writer.
    """

    name: str
    spec: str
    independent: bool
    as_text: bool


def columns_of(
    connection: Connection, oids: Sequence[int], key: Collection[str]
) -> list[NotedColumn]:
    """Return the columns of some tables, the first one's before the others'.

    A JSON null in the ``key`` would be taken for none at all.
    """
    rows = connection.execute(_COLUMNS, {"oids": oids, "independent": list(INDEPENDENT)})
    return [
        NotedColumn(
            row.name, row.spec, row.independent, row.odd_as_json or (row.jsonb and row.name in key)
        )
        for row in rows
    ]


def record_in(
    note: sa.Column[Any], columns: Sequence[tuple[NotedColumn, TypeEngine[Any]]]
) -> tuple[Any, list[sa.ColumnElement[Any]]]:
    """Return what makes columns of the JSON of a note, and these as their types read them."""
    record = sa.func.jsonb_to_record(note).table_valued(
        *(sa.column(quoted_name(noted.name, True), _noted_type(noted)) for noted, _ in columns),
        name=f"{note.name}_row",
    )
    record = record.render_derived(with_types=True)
    return record, [_as(record.c[noted.name], noted, type_) for noted, type_ in columns]


def _noted_type(noted: NotedColumn) -> TypeEngine[Any]:
    return sa.Text() if noted.as_text else Named(noted.spec)


def _as(
    value: sa.ColumnElement[Any], noted: NotedColumn, type_: TypeEngine[Any]
) -> sa.ColumnElement[Any]:
    stored = sa.cast(value, Named(noted.spec)) if noted.as_text else value
    return sa.type_coerce(stored, type_)

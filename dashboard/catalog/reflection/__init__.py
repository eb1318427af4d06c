"""Live tables of a database that the program has never seen: ``dashboard.reflect``.

What there is is read from the database's own catalogs when the program starts, and mapped
on a registry of its own. Nothing in the database is changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Engine

from dashboard.catalog.catalog import Catalog
from dashboard.catalog.choices import humanize
from dashboard.catalog.inspection import BLANK
from dashboard.catalog.reflection.choosing import Choosing
from dashboard.catalog.reflection.notices import notice_of
from dashboard.catalog.reflection.postgresql import PostgreSQL
from dashboard.catalog.reflection.relation import Database, Relation
from dashboard.catalog.reflection.sqlite import SQLite
from dashboard.catalog.reflection.tables import Tables
from dashboard.models.engine import READ_ONLY
from dashboard.models.meta import Base
from dashboard.models.migrations import VERSION_TABLE
from dashboard.settings import SettingsError

__all__ = ["reflect"]

DATABASES: dict[str, type[Database]] = {"sqlite": SQLite, "postgresql": PostgreSQL}


def reflect(
    engine: Engine, lines: Iterable[str], catalog: Catalog, reserved: Collection[str] = ()
) -> None:
    """Add the tables that ``lines`` of ``dashboard.reflect`` name, but for those it has already.

    One that is called as a live table that is there already, or by a ``reserved`` name, has its
    schema before its name, more than once where that is another's name too. Raises
    SettingsError for a name that isn't one of a table.
    """
    make = DATABASES.get(engine.dialect.name)
    if make is None:
        raise SettingsError(f"dashboard.reflect can't read {engine.dialect.name} databases.")
    database = make()
    with engine.connect().execution_options(**READ_ONLY) as connection:
        schema = database.default_schema(connection)
        # The program's own tables are never shown as they are, whatever the settings name.
        ours = {VERSION_TABLE, *Base.metadata.tables}
        there = [each for each in database.relations(connection) if each.name not in ours]
        choosing = Choosing(there, database, schema)
        tables = Tables(schema, database.fold, catalog.sql_tables)
        wanted = [each for each in choosing.chosen(lines) if not tables.has(each.place)]
        made = tables.make(database.described(connection, wanted))
    for relation, table in made:
        name = relation.name if relation.schema == schema else _full(relation, relation.name)
        while name in catalog or name in reserved:
            name = _full(relation, name)
        mapped = tables.map(table) if table.primary_key.columns else None
        catalog.add_table(table, mapped, name=name, **_options(relation, name))


def _full(relation: Relation, name: str) -> str:
    return f"{relation.schema}.{name}"


def _options(relation: Relation, name: str) -> dict[str, Any]:
    label = humanize(relation.name) or BLANK
    unsure = any(each.nullable for each in relation.columns if each.name in relation.key)
    return {
        "label": label if name == relation.name else f"{label} ({relation.schema})",
        "notice": notice_of(relation),
        "writable": relation.writable,
        "reflected": True,
        "computed": relation.kind != "table"
        or relation.guarded
        or any(each.made for each in relation.columns),
        "tie": relation.rowid if unsure else None,
    }

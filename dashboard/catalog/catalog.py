"""The catalog: which tables are live, by the name that their URL has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from dashboard.catalog.ancestors import ancestors_of
from dashboard.catalog.associations import Association, associations_of, only_links
from dashboard.catalog.inspection import inspect_table
from dashboard.catalog.table import ForeignKey, Table, referring


class CatalogError(ValueError):
    """A class can't be a live table; the message says why."""


class _Added(NamedTuple):
    sql: sa.Table
    mapped_class: type[Any] | None
    options: dict[str, Any]


class Catalog:
    """The live tables in the order in which they were added.

    Descriptions are read at first use, when every class has been added, since a reference is
    known only once both of its tables are.
    """

    def __init__(self) -> None:
        self._added: dict[str, _Added] = {}
        self._names: dict[sa.Table, str] = {}
        self._links: dict[sa.Table, tuple[sa.Table, ...]] | None = None
        self._metadata: frozenset[sa.MetaData] | None = None
        self._tables: dict[str, Table] | None = None

    def add(self, mapped_class: type[Any], **options: Any) -> None:
        """Make ``mapped_class`` live. ``options``: ``name`` and the keys of the table's info."""
        mapper = sa.inspect(mapped_class, raiseerr=False)
        if not isinstance(mapper, Mapper) or not isinstance(mapper.local_table, sa.Table):
            raise CatalogError(f"{mapped_class!r} is not a class mapped to a table.")
        sql = mapper.local_table
        name = options.pop("name", None) or sql.info.get("name") or sql.fullname
        if not sql.primary_key.columns:
            raise CatalogError(f"Table {sql.fullname} has no primary key, so it can't be live.")
        if self._names.get(sql, name) != name or (name in self._added and sql not in self._names):
            raise CatalogError(f"There are two live tables named {name}.")
        if sql in self._names and mapper.inherits is not None and not options:
            return  # A subclass that shares its parent's table; the parent speaks for it.
        self._add(name, _Added(sql, mapped_class, options))

    def add_table(
        self, sql: sa.Table, mapped_class: type[Any] | None, *, name: str, **options: Any
    ) -> None:
        """Make a table live that may have no key, and then has no class either."""
        if name in self._added:
            raise CatalogError(f"There are two live tables named {name}.")
        self._add(name, _Added(sql, mapped_class, options))

    def _add(self, name: str, added: _Added) -> None:
        self._added[name] = added
        self._names[added.sql] = name
        self._tables = self._links = self._metadata = None

    def set_options(self, name: str, **options: Any) -> None:
        """Set keys of the info of a table that was added before."""
        known = self._added[name]
        self._added[name] = known._replace(options={**known.options, **options})
        self._tables = None

    def add_module(self, module: ModuleType) -> None:
        """Make every mapped class that ``module`` has in its namespace live."""
        found = [each for each in vars(module).values() if _is_mapped(each)]
        for mapped_class in found:
            self.add(mapped_class)

    @property
    def sql_tables(self) -> list[sa.Table]:
        """The SQLAlchemy tables that are live or link live ones."""
        return [*self._names, *self._link_tables()]

    def metadata(self) -> frozenset[sa.MetaData]:
        """Return what the live tables and those that link them are in."""
        if self._metadata is None:
            self._metadata = frozenset(each.metadata for each in self.sql_tables)
        return self._metadata

    def name_of(self, sql: sa.Table) -> str | None:
        """Return the name of a SQLAlchemy table, or None where it isn't live."""
        return self._names.get(sql)

    def captured_name(self, sql: sa.Table) -> str | None:
        """Return a table's name in the change log, None where its changes aren't logged.

        Many-to-many tables of live classes are logged too, though they have no page. What can't
        be changed here, such as a view, isn't: nothing of it has a name.
        """
        name = self._names.get(sql)
        if name is None:
            return sql.fullname if sql in self._link_tables() else None
        return name if self._is_changed(name) else None

    def captured_tables(self) -> dict[str, sa.Table]:
        """Return the tables whose changes are logged, by their names in the log."""
        links = {table.fullname: table for table in self._link_tables() if table not in self._names}
        live = {name: table for table, name in self._names.items() if self._is_changed(name)}
        return {**links, **live}

    def _is_changed(self, name: str) -> bool:
        return self._added[name].mapped_class is not None

    def linked_by(self, name: str) -> tuple[str, ...]:
        """Return the live tables that a many-to-many table links, () where it's none."""
        for link, ends in self._link_tables().items():
            if link.fullname == name:
                return tuple(self._names.get(end, "") for end in ends)
        return ()

    def get(self, name: str) -> Table | None:
        return self._described().get(name)

    def __getitem__(self, name: str) -> Table:
        return self._described()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._added

    def __iter__(self) -> Iterator[Table]:
        return iter(self._described().values())

    def __len__(self) -> int:
        return len(self._added)

    def referring_to(self, table: Table) -> list[tuple[Table, ForeignKey]]:
        """Return each (table, foreign key) that names rows of ``table``."""
        return referring(self, table)

    @property
    def associations(self) -> list[Association]:
        """What links records of live tables, many to many, from either end.

        It may have a page of its own, or be known by a relationship alone.
        """
        known = self._link_tables()
        with_page = [table for table in self if table.sql in known or only_links(table)]
        others = [
            inspect_table(sql, None, sql.fullname, self.name_of)
            for sql in known
            if sql not in self._names
        ]
        return list(associations_of([*with_page, *others]))

    def _link_tables(self) -> dict[sa.Table, tuple[sa.Table, ...]]:
        """Return each many-to-many table with the tables that it links."""
        if self._links is None:
            self._links = {
                relationship.secondary: tuple(
                    key.column.table for key in relationship.secondary.foreign_keys
                )
                for added in self._added.values()
                if added.mapped_class is not None
                for relationship in sa.inspect(added.mapped_class).relationships
                if isinstance(relationship.secondary, sa.Table)
            }
        return self._links

    def _described(self) -> dict[str, Table]:
        if self._tables is None:
            alone = {
                each.sql: inspect_table(
                    each.sql, each.mapped_class, name, self.name_of, **each.options
                )
                for name, each in self._added.items()
            }
            self._tables = {
                each.name: replace(each, ancestors=ancestors_of(each, alone.get))
                for each in alone.values()
            }
        return self._tables


def _is_mapped(value: Any) -> bool:
    mapper: Any = sa.inspect(value, raiseerr=False) if isinstance(value, type) else None
    return isinstance(mapper, Mapper) and isinstance(mapper.local_table, sa.Table)

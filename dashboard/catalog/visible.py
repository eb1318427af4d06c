"""The part of a catalog that somebody may see; the rest does not exist for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dashboard.catalog.associations import Association
from dashboard.catalog.catalog import Catalog
from dashboard.catalog.table import Column, ForeignKey, Table, referring


class VisibleCatalog:
    """A catalog's tables of which ``may_view`` says yes."""

    def __init__(self, catalog: Catalog, may_view: Callable[[Table], bool]) -> None:
        self._tables = {table.name: table for table in catalog if may_view(table)}
        self._associations = [
            each
            for each in catalog.associations
            if each.far.table in self and (each.link.name in self or each.link.name not in catalog)
        ]

    def get(self, name: str) -> Table | None:
        return self._tables.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._tables

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def referred(self, column: Column) -> Table | None:
        """Return the table that a column refers to, None where it's none or out of sight."""
        return None if column.reference is None else self.get(column.reference.table)

    def referring_to(self, table: Table) -> list[tuple[Table, ForeignKey]]:
        """Return each (table, foreign key) that names rows of ``table``."""
        return referring(self, table)

    def associations_of(self, table: Table) -> list[Association]:
        """Return what links rows of ``table`` to rows that may be seen."""
        return [each for each in self._associations if each.near.table == table.name]

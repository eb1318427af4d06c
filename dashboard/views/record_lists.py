"""The lists on a record's page: who names the record, and who is linked to it by another table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dashboard.catalog import Association, Column, ForeignKey, Table, VisibleCatalog
from dashboard.catalog.records import Row, joining_clause, referring_clause
from dashboard.changes import Change
from dashboard.queries.certainty import unequal
from dashboard.queries.relevance import called_by, differs_in, labelling

Parts = Mapping[str, Any]
"""The key of the page's record, by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Naming:
    """The rows of ``table`` that name the record by ``key``."""

    table: Table
    key: ForeignKey

    @property
    def label(self) -> str:
        return f"{self.table.label}: {self.key.label}"

    @property
    def named_by(self) -> tuple[Table, ForeignKey]:
        """The table of which a page has all of the list, and the key to ask for there."""
        return self.table, self.key

    @property
    def reads(self) -> frozenset[str]:
        return frozenset({self.table.name})

    def where(self, record: Row) -> sa.ColumnElement[bool]:
        return referring_clause(self.key, record)

    def touched_by(self, change: Change, parts: Parts) -> bool:
        used = _by_name([*called_by(self.table), *self.key.columns])
        return change.table == self.table.name and _may_name(self.key, used, change, parts)


@dataclass(frozen=True, slots=True)
class Linked:
    """The rows of ``table`` that are linked to the record by a table between."""

    table: Table
    by: Association
    label: str

    @property
    def named_by(self) -> tuple[Table, ForeignKey]:
        return self.by.link, self.by.near

    @property
    def reads(self) -> frozenset[str]:
        return frozenset({self.table.name, self.by.link.name})

    def where(self, record: Row) -> sa.ColumnElement[bool]:
        return sa.and_(
            referring_clause(self.by.near, record), joining_clause(self.table, self.by.far)
        )

    def touched_by(self, change: Change, parts: Parts) -> bool:
        near, far = self.by.near, self.by.far
        if change.table == self.by.link.name:
            return _may_name(near, _by_name([*near.columns, *far.columns]), change, parts)
        return change.table == self.table.name and differs_in(change, labelling(far, self.table))


def lists_of(table: Table, catalog: VisibleCatalog) -> Iterator[Naming | Linked]:
    """Yield the lists of the pages of a table's records: links give way to what they lead to."""
    associations = catalog.associations_of(table)
    links = {each.near for each in associations}
    for other, key in catalog.referring_to(table):
        if key not in links:
            yield Naming(other, key)
    targets = [each.far.table for each in associations]
    for each in associations:
        far = catalog.get(each.far.table)
        assert far is not None
        between = f": {each.link.label}, {each.far.label}"
        yield Linked(far, each, far.label + (between if targets.count(far.name) > 1 else ""))


def _by_name(columns: list[Column]) -> dict[str, Column]:
    return {each.name: each for each in columns}


def _may_name(key: ForeignKey, used: Mapping[str, Column], change: Change, parts: Parts) -> bool:
    """Tell whether a change is of ``used``, in a row that names the record by ``key``, or did."""
    rows = (row for row in (change.before, change.after) if row is not None)
    return differs_in(change, used) and any(not _names_another(key, row, parts) for row in rows)


def _names_another(key: ForeignKey, row: Mapping[str, Any], parts: Parts) -> bool:
    """Tell whether a row certainly names another record.

    What isn't of the record's own key may itself have changed.
    """
    return any(
        column.name in row and unequal(column, row[column.name], parts[name])
        for column, name in key.pairs
        if name in parts
    )

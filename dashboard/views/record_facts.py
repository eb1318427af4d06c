"""The values on a record's page, those of what its class inherits from among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from dashboard.catalog import Ancestor, Table, VisibleCatalog
from dashboard.catalog.records import Key, Row, referred_clause, row_label, select_rows
from dashboard.changes import Change
from dashboard.queries.certainty import unequal
from dashboard.queries.names import written
from dashboard.views.cells import Cell, Rows, heading
from dashboard.views.record_references import References


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    help: str | None
    cell: Cell


class Facts:
    """What one table has of a record, with what it names there."""

    def __init__(self, table: Table, catalog: VisibleCatalog, rows: Rows) -> None:
        self.table = table
        self._rows = rows
        self._references = References(table, catalog, rows)
        self.reads = self._references.reads | {table.name}

    def touched_by(self, change: Change, key: Key) -> bool:
        """Tell whether a change is of the record that has this key, or of what it names."""
        if change.table == self.table.name and not self._is_another(change, key):
            return True
        return self._references.touched_by(change)

    def _is_another(self, change: Change, key: Key) -> bool:
        parts = zip(self.table.key, change.key, key, strict=True)
        return any(unequal(*each) for each in parts)

    def load(self, session: Session, record: Row) -> Iterator[Field]:
        named = self._references.load(session, record)
        known: dict[Any, Any] = {**record, **self._references.labels(named)}
        for column in self.table.public_columns:
            cell = self._rows.cell(column, known, length=None)
            yield Field(column.name, heading(column), column.help, cell)
            for cell in self._references.cells_at(column, record, named):
                yield Field(cell.column, cell.label, None, cell)


class InheritedFacts:
    """What an ancestor's table has of a record."""

    def __init__(self, ancestor: Ancestor, catalog: VisibleCatalog, rows: Rows) -> None:
        self.table = ancestor.table
        self._ancestor = ancestor
        self._facts = Facts(ancestor.table, catalog, rows)
        self._columns = {each.name for each in ancestor.columns}
        self.reads = self._facts.reads

    def key_of(self, record: Row) -> Key:
        return tuple(record[each.name] for each in self._ancestor.key.columns)

    def touched_by(self, change: Change, record_key: Row) -> bool:
        return self._facts.touched_by(change, self.key_of(record_key))

    def row(self, session: Session, record: Row) -> Row | None:
        table = self.table
        where = referred_clause(table, self._ancestor.key, record)
        return next(select_rows(session, table.public_columns, where, limit=1), None)

    def label(self, row: Row) -> str:
        return row_label(self.table, row)

    def load(self, session: Session, row: Row) -> Iterator[Field]:
        """Yield the values, each named as a query of the table would name it."""
        through = self._ancestor.key.columns[0].name
        for field in self._facts.load(session, row):
            if field.name in self._columns:
                yield replace(field, name=written(through, field.name))

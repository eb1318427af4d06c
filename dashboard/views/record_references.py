"""The records that one record names by its foreign keys, for its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from dashboard.catalog import Column, ForeignKey, Table, VisibleCatalog
from dashboard.catalog.records import Row, referred_clause, row_label, select_rows
from dashboard.catalog.values import to_text
from dashboard.changes import Change
from dashboard.queries.names import written
from dashboard.queries.relevance import differs_in, labelling
from dashboard.queries.sql import label_key
from dashboard.views.cells import Cell, Rows, printable

Named = Mapping[ForeignKey, Row]
"""The rows that a record names, as far as they're there."""


class References:
    """The foreign keys of ``table`` to what may be seen."""

    def __init__(self, table: Table, catalog: VisibleCatalog, rows: Rows) -> None:
        self._rows = rows
        self._keys: dict[ForeignKey, Table] = {
            key: referred
            for key in table.foreign_keys
            if (referred := catalog.get(key.table)) is not None
        }
        self.reads = frozenset(each.name for each in self._keys.values())

    def touched_by(self, change: Change) -> bool:
        """Tell whether a change may be of what a reference names, or of what that is called."""
        return any(
            differs_in(change, labelling(key, referred))
            for key, referred in self._keys.items()
            if referred.name == change.table
        )

    def load(self, session: Session, record: Row) -> Named:
        found = {}
        for key, referred in self._keys.items():
            where = referred_clause(referred, key, record)
            for row in select_rows(session, referred.public_columns, where, limit=1):
                found[key] = row
        return found

    def labels(self, named: Named) -> dict[Any, str]:
        """Return what the records are called that single columns name, as cells take it."""
        return {
            label_key(key.columns[0].name): row_label(self._keys[key], row)
            for key, row in named.items()
            if not key.is_composite
        }

    def cells_at(self, column: Column, record: Row, named: Named) -> Iterator[Cell]:
        """Yield a cell for each key of several columns that ends with ``column``."""
        for key in self._keys:
            if key.is_composite and key.columns[-1] is column:
                yield self._cell(key, record, named.get(key))

    def _cell(self, key: ForeignKey, record: Row, row: Row | None) -> Cell:
        referred, values = self._keys[key], [record[each.name] for each in key.columns]
        parts = ", ".join(map(to_text, key.columns, values))
        return Cell(
            column=",".join(written(each.name) for each in key.columns),
            label=key.label,
            kind="reference",
            text=printable(parts if row is None else row_label(referred, row)),
            href=None if row is None else self._rows.href(referred, row),
            tone=None,
            align="start",
            null=None in values,
            datetime=None,
            long=False,
            title=None,
        )

"""What is listed on a record's page of those who name it, and of those who are linked to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import ForeignKey, Table, VisibleCatalog
from dashboard.catalog.records import Key, Row, row_label, select_rows
from dashboard.catalog.values import to_json
from dashboard.changes import Change
from dashboard.queries.names import written
from dashboard.queries.page import count
from dashboard.views.cells import Rows, printable
from dashboard.views.paths import Paths
from dashboard.views.record_lists import Linked, Naming, lists_of

MOST_ROWS = 5

Group = dict[str, Any]


class Related:
    """The lists of the page of the record of ``table`` that has this key."""

    def __init__(
        self, table: Table, key: Key, catalog: VisibleCatalog, rows: Rows, paths: Paths
    ) -> None:
        self._parts = dict(zip((each.name for each in table.key), key, strict=True))
        self._catalog = catalog
        self._rows = rows
        self._paths = paths
        self._lists = tuple(lists_of(table, catalog))
        self.reads = frozenset(name for each in self._lists for name in each.reads)

    def touched_by(self, change: Change) -> bool:
        """Tell whether a change may be of who is listed, or was."""
        return any(each.touched_by(change, self._parts) for each in self._lists)

    def load(self, session: Session, record: Row) -> Iterator[Group]:
        return (self._group(session, each, record) for each in self._lists)

    def _group(self, session: Session, each: Naming | Linked, record: Row) -> Group:
        table, where = each.table, each.where(record)
        matching: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(table.sql)
        rows = select_rows(session, table.public_columns, where, order=table.key, limit=MOST_ROWS)
        by, key = each.named_by
        return {
            "key": f"{by.name} {','.join(column.name for column in key.columns)}",
            "label": each.label,
            "href": self._href(by, key, record) if by.name in self._catalog else None,
            "count_text": str(count(session, matching.where(where))),
            "rows": [self._link(table, row) for row in rows],
        }

    def _href(self, table: Table, key: ForeignKey, record: Row) -> str:
        query = {written(column.name): _query_text(record[name]) for column, name in key.pairs}
        return f"{self._paths.table(table.name)}?{urlencode(query)}"

    def _link(self, table: Table, row: Row) -> dict[str, str | None]:
        return {"label": printable(row_label(table, row)), "href": self._rows.href(table, row)}


def _query_text(value: Any) -> str:
    value = to_json(value)
    return value if isinstance(value, str) else str(value)

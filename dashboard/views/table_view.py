"""The live view of a table's page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from dashboard.catalog.values import encode_key
from dashboard.changes import Change
from dashboard.queries import Page, TableQuery, Total, fetch_page
from dashboard.queries.difference import difference
from dashboard.queries.live import Operation
from dashboard.views.access import Access
from dashboard.views.cells import Row, Rows
from dashboard.views.fragments import render_macro
from dashboard.views.paths import Paths
from dashboard.views.query_view import QueryView


@dataclass(frozen=True, slots=True)
class TableState:
    """What a table's page shows. States whose rows are in another order aren't equal."""

    rows: tuple[Row, ...]
    total: Total
    next: str | None


class TableView(QueryView):
    """One query's page of rows."""

    def __init__(self, query: TableQuery, access: Access, paths: Paths) -> None:
        super().__init__(query, access, paths)
        self._rows = Rows(paths, access.catalog)

    def load(self, session: Session) -> TableState:
        return self.state(fetch_page(session, self.query, self.catalog))

    def state(self, page: Page) -> TableState:
        rows = self._rows.rows(self.query, page.rows)
        return TableState(tuple(rows), page.total, page.next)

    def difference(
        self, old: TableState, new: TableState, changes: Sequence[Change]
    ) -> list[Operation]:
        before, after = ({row.key: row for row in each.rows} for each in (old, new))
        reasons = self._reasons(before.keys() - after.keys(), changes)
        operations = difference(before, after, render_row, reasons)
        return operations + ([] if old.next == new.next else [self._pager(new)])

    def _reasons(self, gone: Collection[str], changes: Sequence[Change]) -> dict[str, str]:
        """Return why rows are gone, as far as that's certain: others may be on another page."""
        reasons = {}
        for change in changes if gone else ():
            if change.table != self.query.table.name:
                continue
            if (key := encode_key(self.query.table, change.key)) in gone:
                reasons[key] = self._reason(change)
        return reasons

    def _reason(self, change: Change) -> str:
        if change.after is None:
            return "deleted"
        return "unmatched" if self.relevance.excludes(change.after) else "left"

    def whole(self, state: TableState) -> list[Operation]:
        html = render_macro("macros/row.pt", "rows", rows=state.rows)
        return [{"op": "html", "target": "rows", "html": html}, self._pager(state)]

    def totals(self, state: TableState) -> dict[str, Any]:
        return {"total": state.total.count, "total_text": str(state.total)}

    def pager(self, state: TableState) -> dict[str, Any]:
        """Return what the ``pager`` macro takes."""
        return {
            "first": self.query.after is None,
            "first_href": self.href(self.query.but(after=None)),
            "next_href": None if state.next is None else self._next_href(state.next),
            "size": self.query.size,
        }

    def _next_href(self, token: str) -> str:
        first = self.href(self.query.but(after=None))
        return f"{first}{'&' if '?' in first else '?'}_next={token}"

    def _pager(self, state: TableState) -> Operation:
        html = render_macro("macros/pager.pt", "pager", page=self.pager(state))
        return {"op": "html", "target": "pager", "html": html}


def render_row(row: Row) -> str:
    return render_macro("macros/row.pt", "row", row=row)

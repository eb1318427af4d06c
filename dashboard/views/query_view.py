"""What the live views of a query have in common, be they of rows or of groups."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from dashboard.changes import Change
from dashboard.queries import TableQuery
from dashboard.queries.grammar import to_text
from dashboard.queries.relevance import Relevance
from dashboard.views.access import Access
from dashboard.views.paths import Paths


class QueryView:
    """A query's page, for all who have the same role. Its name is the page's address."""

    def __init__(self, query: TableQuery, access: Access, paths: Paths) -> None:
        self.query = query
        self.table = query.table
        self.name = address(query, Paths())
        self.key: Hashable = (self.name, access.role, paths)
        self.reads = query.reads
        self.queries = (query,)
        self.relevance = Relevance(query, access.catalog)
        self.touched_by = self.relevance.touched_by
        if not query.table.key:
            # Nobody tells what a view is made of, nor is a table without a key in the log.
            self.reads = frozenset(each.name for each in access.catalog)
            self.touched_by = _always
        self.catalog = access.catalog
        self.paths = paths

    def parts(self, state: Any) -> tuple[()]:
        return ()

    def href(self, query: TableQuery) -> str:
        """Return where another query of the table has its page."""
        return address(query, self.paths)


def _always(change: Change) -> bool:
    return True


def address(query: TableQuery, paths: Paths) -> str:
    """Return the address of a query's page, "" for who may follow no link."""
    path, text = paths.table(query.table.name), to_text(query)
    return f"{path}?{text}" if path and text else path

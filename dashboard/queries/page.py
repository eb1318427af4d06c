"""Run a TableQuery: one page of its rows, and how many there are in all, as far as is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import VisibleCatalog
from dashboard.queries.query import Cut, TableQuery
from dashboard.queries.sql import Statement
from dashboard.queries.tokens import next_token

Row = dict[Any, Any]

COUNT_LIMIT = 10_000
"""Up to this many rows are counted: to count millions would cost more than the page itself."""


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows there are, or with ``more`` that there are more than ``count``."""

    count: int
    more: bool = False

    def __str__(self) -> str:
        return f"more than {self.count:,}" if self.more else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Page:
    """``rows`` by column name, in order; ``total`` counts those of every page."""

    rows: list[Row]
    total: Total
    next: str | None


def fetch_page(session: Session, query: TableQuery, catalog: VisibleCatalog) -> Page:
    """Read one page. Raises SQLAlchemy's errors where the database can't answer."""
    query = _completed(session, query, catalog)
    statement = Statement(query, catalog)
    places, select = statement.rows()
    found = [dict(zip(places, row, strict=True)) for row in session.execute(select)]
    rows = found[: query.size]
    more = len(found) > query.size
    total = count(session, statement.matching())
    return Page(rows, total, next_token(query, rows[-1]) if more else None)


def _completed(session: Session, query: TableQuery, catalog: VisibleCatalog) -> TableQuery:
    """Return the query with the whole of what is cut of the values that its page follows.

    Where the record is gone, or its value is another one, the page begins where the value's begin
    belongs: it may repeat rows, and leaves none out.
    """
    found = session.execute(Statement(query, catalog).followed()).first() if query.cut else None
    if found is None or query.after is None:
        return query
    pairs = zip(query.after, found, strict=True)
    return query.but(
        after=tuple(now if _is_whole(now, of=value) else value for value, now in pairs)
    )


def _is_whole(value: Any, of: Any) -> bool:
    """Tell whether a value is one that was cut."""
    if not isinstance(of, Cut) or type(value) is not type(of.begin):
        return False
    return bool(value[: len(of.begin)] == of.begin)


def count(session: Session, matching: sa.Select[Any]) -> Total:
    """Count the rows of a SELECT, up to COUNT_LIMIT."""
    some = matching.limit(COUNT_LIMIT + 1).subquery()
    found = session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return Total(min(found, COUNT_LIMIT), more=found > COUNT_LIMIT)

"""Questions to a database of which nobody knows how large it is: each has a moment, all a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dashboard.catalog import VisibleCatalog
from dashboard.models.engine import reader_of
from dashboard.queries import Groups, TableQuery, fetch_groups

SECONDS = 1.0
"""A question that takes longer is stopped, and counts as one without an answer."""

BUDGET = 20.0
"""Seconds after which nothing is asked any more."""

Answer = TypeVar("Answer")


class Asking:
    """Asks ``engine``'s database; an answer that can't be had, or not in time, is None."""

    def __init__(
        self,
        engine: Engine,
        catalog: VisibleCatalog,
        *,
        seconds: float = SECONDS,
        budget: float = BUDGET,
    ) -> None:
        self.catalog = catalog
        self._reader = reader_of(engine, seconds)
        self._until = time.monotonic() + budget

    @contextmanager
    def session(self) -> Iterator[Session]:
        with Session(self._reader) as session:
            yield session

    def ask(self, question: Callable[[Session], Answer]) -> Answer | None:
        """Return what ``question`` does with a session of its own."""
        if time.monotonic() > self._until:
            return None
        try:
            with self.session() as session:
                return question(session)
        # A table that another program made may hold what its column's type doesn't allow.
        except (SQLAlchemyError, ArithmeticError, LookupError, TypeError, ValueError):
            return None

    def groups(self, query: TableQuery) -> Groups | None:
        return self.ask(lambda session: fetch_groups(session, query, self.catalog))

    def figures(self, query: TableQuery) -> tuple[Any, ...]:
        """Return one figure for each of the query's measures, None for what isn't known."""
        found = self.groups(query)
        return found.rows[0].values if found else (None,) * len(query.measures)

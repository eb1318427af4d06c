"""A panel as a live view: it says what is wrong in its own place, and never breaks its board."""

from __future__ import annotations

import logging
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dashboard.catalog import Invalid
from dashboard.changes import Change
from dashboard.models.engine import is_timeout
from dashboard.queries import QueryError, TableQuery
from dashboard.queries.grammar import default_sort
from dashboard.queries.live import Operation
from dashboard.queries.live.slow import TooSlow
from dashboard.queries.relevance import Relevance
from dashboard.views.access import Access
from dashboard.views.cells import printable
from dashboard.views.errors import is_unavailable
from dashboard.views.fragments import render_macro
from dashboard.views.groups_view import GroupsView
from dashboard.views.panels.drawing import load_chart
from dashboard.views.panels.listing import ListState, heads_of
from dashboard.views.panels.questions import Questions, questions
from dashboard.views.panels.spec import PanelSpec
from dashboard.views.panels.tiles import load_tile
from dashboard.views.paths import Paths
from dashboard.views.table_view import TableView

logger = logging.getLogger(__name__)

UNSEEN = "The table of this panel isn't here, or you may not see it."
UNASKED = "The query of this panel can't be answered. {}"
SLOW = (
    "The query of this panel takes the database too long. It is asked again in a minute at the "
    "earliest; a filter makes it ask for less."
)
FAILED = (
    "The database couldn't answer the query of this panel. It is asked again at the next change."
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Shown in a panel's place; ``text`` is a sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to draw yet."""


class PanelView:
    """One panel of the board ``board``, for all who have the same role."""

    def __init__(self, spec: PanelSpec, board: str, access: Access, paths: Paths) -> None:
        self.spec = spec
        self.name = f"{board}/panels/{spec.id}"
        self.key: Hashable = (self.name, spec, access.role, paths)
        self._access = access
        self._catalog = access.catalog
        self._paths = paths

    @cached_property
    def _asked(self) -> Questions | Problem:
        if self._catalog.get(self.spec.table_name) is None:
            return Problem(UNSEEN)
        try:
            return questions(self.spec, self._catalog)
        except Invalid as error:
            return Problem(UNASKED.format(error))

    @property
    def reads(self) -> Collection[str]:
        asked = self._asked
        if isinstance(asked, Problem):
            return ()
        return frozenset(name for query in asked.all for name in query.reads)

    @property
    def queries(self) -> Sequence[TableQuery]:
        """What it asks; nothing where it can't be asked."""
        return () if isinstance(self._asked, Problem) else self._asked.all

    @cached_property
    def _relevances(self) -> list[Relevance]:
        asked = self._asked.all if isinstance(self._asked, Questions) else ()
        return [Relevance(query, self._catalog) for query in asked]

    def touched_by(self, change: Change) -> bool:
        return any(each.touched_by(change) for each in self._relevances)

    @cached_property
    def _rows(self) -> Any:
        """The view of the query's own page, which a table's panel shows too."""
        assert isinstance(self._asked, Questions)
        view = GroupsView if self._asked.query.aggregated else TableView
        return view(self._asked.query, self._access, self._paths)

    @property
    def href(self) -> str | None:
        """Where the rows are that the panel is about, None where they can't be seen."""
        if isinstance(self._asked, Problem):
            return None
        href: str = self._rows.href(_rows_behind(self._asked.query, self.spec.kind))
        return href or None

    def load(self, session: Session) -> Any:
        if isinstance(self._asked, Problem):
            return self._asked
        try:
            self._access.slow_panels.check(self)
            # On PostgreSQL a statement that fails ends its transaction, which others need.
            with session.begin_nested():
                return self._load(session, self._asked)
        except (QueryError, TypeError) as error:
            return Problem(UNASKED.format(error))
        except TooSlow:
            return Problem(SLOW)
        except DBAPIError as error:
            if is_timeout(error):
                # It would hold up everybody's pages at every change.
                self._access.slow_panels.note(self)
                return Problem(SLOW)
            if is_unavailable(error):
                raise
            logger.warning("Panel %s can't be answered: %s", self.spec.id, error.orig)
            return Problem(FAILED)

    def _load(self, session: Session, asked: Questions) -> Any:
        if self.spec.kind == "tile":
            return load_tile(session, self.spec, asked, self._catalog)
        if self.spec.kind == "chart":
            return load_chart(session, self.spec, asked, self._catalog) or Nothing()
        return ListState(heads_of(self._rows), self._rows.load(session))

    def parts(self, state: Any) -> tuple[()]:
        return ()

    def difference(self, old: Any, new: Any, changes: Sequence[Change]) -> list[Operation]:
        if not (isinstance(old, ListState) and isinstance(new, ListState)):
            return self.whole(new)
        operations = self._rows.difference(old.page, new.page, changes)
        return [each for each in operations if each.get("target") != "pager"]

    def whole(self, state: Any) -> list[Operation]:
        return [{"op": "html", "target": "panel", "html": self.body(state)}]

    def totals(self, state: Any) -> dict[str, Any]:
        return self._rows.totals(state.page) if isinstance(state, ListState) else {"total": None}

    def body(self, state: Any) -> str:
        """Return the HTML of what the panel shows, for the page and the stream alike."""
        total = self._rows.totals(state.page) if isinstance(state, ListState) else {}
        return render_body(state, self.spec.title, total.get("total_text"))


def render_body(state: Any, title: str, total_text: str | None = None) -> str:
    """Return the HTML of a state: the macro is called as its class is."""
    macro = type(state).__name__.removesuffix("State").lower()
    values = {"state": state, "title": printable(title), "total_text": total_text}
    return render_macro("macros/panel.pt", macro, **values)


def _rows_behind(query: TableQuery, kind: str) -> TableQuery:
    """Return the query whose page a panel leads to: a figure's to the rows that it is of."""
    if kind == "table":
        return query
    return query.but(
        measures=(),
        groups=(),
        group_sort=(),
        size=query.usual_size,
        sort=default_sort(query.table),
    )

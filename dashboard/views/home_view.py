"""The live view of the home page: boards, and the tables that somebody may see."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, InternalError, ProgrammingError
from sqlalchemy.orm import Session

from dashboard.catalog import Table
from dashboard.changes import Change
from dashboard.models.boards import Board, Panel
from dashboard.operations.survey import is_own
from dashboard.queries.live import Operation
from dashboard.queries.page import Total, count
from dashboard.views.access import PEOPLE, Access
from dashboard.views.cells import printable
from dashboard.views.fragments import render_macro
from dashboard.views.greeting import Greeting, greeting_of
from dashboard.views.home_tables import Card, Group, grouped
from dashboard.views.paths import Paths
from dashboard.views.saved import SavedViews

NAMED = frozenset({"boards", "panels", "saved_views"})
"""The tables of whose records more is shown than how many there are."""


@dataclass(frozen=True, slots=True)
class HomeState:
    """``setup`` are the tables by which editors make boards; ``saved`` are everyone's views."""

    boards: list[Card]
    groups: list[Group]
    setup: list[Card]
    saved: list[Card]
    greeting: Greeting | None


class HomeView:
    def __init__(self, access: Access, paths: Paths) -> None:
        self.name = Paths().home()
        self.key: Hashable = (self.name, access.role, paths)
        self._access = access
        self._catalog = access.catalog
        self._paths = paths
        self._saved = SavedViews(None, access, paths)
        # The greeting goes when there is a first person, whoever may see people.
        self.reads = self._saved.reads | {table.name for table in access.catalog} | {PEOPLE}

    def touched_by(self, change: Change) -> bool:
        # Of the records it only counts how many there are.
        return change.op != "update" or change.table in NAMED

    def load(self, session: Session) -> HomeState:
        listed = [table for table in self._catalog if table.listed]
        others = [
            table for table in self._catalog if not table.listed and self._access.may("edit", table)
        ]
        totals = {table.name: _total(session, table) for table in (*listed, *others)}
        return HomeState(
            boards=self._boards(session) if "boards" in self._catalog else [],
            groups=grouped(zip(listed, self._cards(listed, totals), strict=True)),
            setup=list(self._cards(others, totals)),
            saved=self._saved.load(session),
            greeting=self._greeting(session, listed, totals),
        )

    def _greeting(
        self, session: Session, listed: list[Table], totals: Mapping[str, Total | None]
    ) -> Greeting | None:
        if "boards" not in self._catalog:
            return None
        tables = [table for table in listed if not is_own(table)]
        found = filter(None, (totals[table.name] for table in tables))
        return greeting_of(session, self._access, self._paths, tables, found)

    def _boards(self, session: Session) -> list[Card]:
        panels = sa.select(sa.func.count()).where(Panel.board_id == Board.id).scalar_subquery()
        columns = sa.select(Board.slug, Board.title, Board.description, panels.label("panels"))
        rows = session.execute(columns.order_by(Board.position, Board.title))
        return [
            {
                "name": row.slug,
                "label": printable(row.title),
                "href": self._paths.board(row.slug),
                "description": printable(row.description or ""),
                "count_text": f"{row.panels} panel{'' if row.panels == 1 else 's'}",
            }
            for row in rows
        ]

    def _cards(self, tables: Iterable[Table], totals: Mapping[str, Total | None]) -> Iterable[Card]:
        for table in tables:
            yield {
                "name": table.name,
                "label": table.label,
                "href": self._paths.table(table.name),
                "description": table.description,
                "count_text": str(totals[table.name] or ""),
            }

    def parts(self, state: Any) -> tuple[()]:
        return ()

    def difference(
        self, old: HomeState, new: HomeState, changes: Sequence[Change]
    ) -> list[Operation]:
        before = self.whole(old)
        return [each for each in self.whole(new) if each not in before]

    def whole(self, state: HomeState) -> list[Operation]:
        tables = {each.target: each.cards for each in state.groups}
        cards = {"boards": state.boards, "setup": state.setup, **tables}
        htmls = {
            name: render_macro("macros/cards.pt", "cards", tables=some)
            for name, some in cards.items()
        }
        htmls["greeting"] = render_macro("macros/greeting.pt", "greeting", greeting=state.greeting)
        htmls["saved"] = render_macro("macros/saved.pt", "links", saved=state.saved)
        return [{"op": "html", "target": name, "html": html} for name, html in htmls.items()]

    def totals(self, state: HomeState) -> dict[str, Any]:
        return {"total": None}


def _total(session: Session, table: Table) -> Total | None:
    """Count the rows. What a view costs nobody knows, nor whether it fails."""
    if table.mapped_class is None:
        return None
    rows: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(table.sql)
    if not table.computed:
        return count(session, rows)
    try:
        with session.begin_nested():
            return count(session, rows)
    except (ProgrammingError, DataError, InternalError):
        return None  # A policy that says which rows may be seen may fail.

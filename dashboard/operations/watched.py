"""The queries that pages ask again and again: those of panels, of saved views, and of tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import VisibleCatalog
from dashboard.models.boards import Board, Panel, SavedView
from dashboard.queries import Field, QueryError, TableQuery
from dashboard.queries.grammar import default_sort, pairs_of, parse_query


class Watched(NamedTuple):
    """A query, and where it is asked, as a person calls that place."""

    where: str
    query: TableQuery


def watched(session: Session, catalog: VisibleCatalog) -> Iterator[Watched]:
    """Yield every query that is written down; what its table can't answer is left out."""
    for table in catalog:
        columns = tuple(map(Field, table.shown_columns))
        yield Watched("its page", TableQuery(table, sort=default_sort(table), columns=columns))
    panels = sa.select(Board.title, Panel).join(Panel.board).order_by(Board.position, Panel.row)
    for board, panel in session.execute(panels):
        where = f"the panel {panel.title} of {board}"
        for text in filter(None, (panel.query, panel.second_query)):
            yield from _parsed(catalog, panel.table_name, text, where)
        if not panel.query:
            yield from _parsed(catalog, panel.table_name, "", where)
    for view in session.scalars(sa.select(SavedView).order_by(SavedView.id)):
        yield from _parsed(catalog, view.table_name, view.query, f"the saved view {view.name}")


def _parsed(catalog: VisibleCatalog, name: str, text: str, where: str) -> Iterator[Watched]:
    table = catalog.get(name)
    if table is not None:
        try:
            yield Watched(where, parse_query(table, pairs_of(text), catalog=catalog))
        except (QueryError, ValueError):
            return

"""The first look at a database: what is found there, and a board to begin with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from dashboard.catalog import Catalog, VisibleCatalog
from dashboard.operations.asking import Asking
from dashboard.operations.first_board import SLUG, make_first_board
from dashboard.operations.survey import lines, survey

NOTHING = """\
There is no table to show yet. Say in the ini file which there are:
  dashboard.reflect = *          takes the tables of the database as they are
  dashboard.models = my.models   takes the SQLAlchemy classes of a module
If the database has no tables, make them first, as you always do."""

EMPTY = "No table has a row yet. Once there are some, the next start makes a first board of them."


def first_look(
    sessions: sessionmaker[Any], engine: Engine, catalog: Catalog, url: str
) -> Iterator[str]:
    """Look, make the first board where none was ever made, and yield what to tell the operator.

    ``url`` is where the program is opened.
    """
    # Boards are for all who watch.
    watched = VisibleCatalog(catalog, lambda table: table.view_role == "watcher")
    asking = Asking(engine, watched)
    found = survey(asking, catalog)
    if not found.tables and not found.missing:
        yield NOTHING
        return
    yield from lines(found)
    about = make_first_board(sessions, asking, found)
    if about is not None:
        yield f"Made a first board of {about.table.name}: {url.rstrip('/')}/boards/{SLUG}"
    elif found.tables and not any(each.size for each in found.tables):
        yield EMPTY

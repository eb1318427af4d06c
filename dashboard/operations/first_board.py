"""The first board of an installation, made of what is found in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy.orm import sessionmaker

from dashboard.changes import ACTOR
from dashboard.models import first_boards
from dashboard.models.boards import COLUMNS, Board, Panel
from dashboard.operations.asking import Asking
from dashboard.operations.busiest import busiest, recent_changes
from dashboard.operations.first_panels import Values, categories, course, newest_rows, tiles
from dashboard.operations.survey import Survey, Surveyed

SLUG = "overview"
WIDE, NARROW = 8, 4


def make_first_board(sessions: sessionmaker[Any], asking: Asking, found: Survey) -> Surveyed | None:
    """Make the board where none was ever made; return the table that it's about.

    None where there are boards or were some, and where there isn't a row to make one of.
    """
    changes = asking.ask(recent_changes) or {}
    seen = (each for each in found.tables if each.table.name in asking.catalog)
    table = busiest(seen, changes)
    if table is None or not asking.ask(first_boards.are_due):
        return None
    board = Board(
        title="Overview",
        slug=SLUG,
        description=f"A first look at {table.table.label}. Change it as you like.",
        position=1,
        panels=[*panels(asking, table)],
    )
    with sessions(info={ACTOR: "first board"}) as session, session.begin():
        return table if first_boards.add(session, first_boards.OVERVIEW, board) else None


def panels(asking: Asking, table: Surveyed) -> Iterator[Panel]:
    """Yield the panels in their places: tiles, a line beside a ring, and the newest rows."""
    rows: list[list[tuple[Values, int]]] = []
    figures = [*tiles(asking, table)]
    rows.append([(each, COLUMNS // len(figures)) for each in figures])
    shapes = [*categories(asking, table)]
    lines = [*course(asking, table)]
    rows.append(_beside(lines, shapes[:1] if lines else []))
    rest = shapes[1:] if lines else shapes
    rows.append(_beside([*newest_rows(asking, table)], rest[:1]))
    rows.append([(each, COLUMNS) for each in rest[1:]])
    for number, row in enumerate(filter(None, rows), 1):
        for place, (values, width) in enumerate(row, 1):
            yield Panel(row=number, place=place, width=width, **values)


def _beside(wide: Iterable[Values], narrow: Iterable[Values]) -> list[tuple[Values, int]]:
    """Put a wide panel and a narrow one into a row; one alone has all of it."""
    both = [*((each, WIDE) for each in wide), *((each, NARROW) for each in narrow)]
    return both if len(both) > 1 else [(each, COLUMNS) for each, _ in both]

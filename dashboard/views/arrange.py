"""Arrange a board: where its panels stand, all of them in one save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from dashboard.catalog import Table
from dashboard.models.boards import COLUMNS, MOST_ROWS, Board, Panel
from dashboard.views.board_view import version_of
from dashboard.views.boards import MISSING
from dashboard.views.problems import Problem, answer

CONFLICT = (
    "Somebody else has changed the panels of this board meanwhile. Look at it, and try again."
)
SHAPE = (
    'Send {"version": text, "panels": [{"id", "row", "place", "width"}, ...]}, in whole numbers.'
)
LIMITS = {"row": MOST_ROWS, "place": MOST_ROWS, "width": COLUMNS}


class Unfit(ValueError):
    """What was sent is no arrangement; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    id: int
    row: int
    place: int
    width: int


@view_config(route_name="arrange", request_method="POST", permission="edit", renderer="json")
def arrange(context: Table, request: Request) -> dict[str, str] | Response:
    """Store where the panels are, if the board is still arranged as the sender saw it."""
    session = request.dbsession
    board = session.scalar(sa.select(Board).where(Board.slug == request.matchdict["slug"]))
    if board is None:
        raise HTTPNotFound(MISSING)
    try:
        version, places = read(request.json_body)
    except ValueError as error:
        return answer(request, Problem(422, str(error) if isinstance(error, Unfit) else SHAPE))
    mine = sa.select(Panel).where(Panel.board_id == board.id).with_for_update()
    panels = {panel.id: panel for panel in session.scalars(mine)}
    present = version_of(panels.values())
    if version != present or set(panels) != {each.id for each in places}:
        return answer(request, Problem(409, CONFLICT, {"version": present}))
    for each in places:
        panel = panels[each.id]
        panel.row, panel.place, panel.width = each.row, each.place, each.width
    return {"version": version_of(panels.values())}


def read(sent: Any) -> tuple[str, list[Place]]:
    """Return the version and the places of a JSON body; raise Unfit for anything else."""
    match sent:
        case {"version": str(version), "panels": list(panels)}:
            places = [_place(each) for each in panels]
        case _:
            raise Unfit(SHAPE)
    if len({each.id for each in places}) != len(places):
        raise Unfit("A panel is named twice.")
    return version, places


def _place(sent: Any) -> Place:
    if not isinstance(sent, dict):
        raise Unfit(SHAPE)
    values: dict[str, Any] = {name: sent.get(name) for name in ("id", *LIMITS)}
    if not all(type(value) is int for value in values.values()):
        raise Unfit(SHAPE)
    for name, most in LIMITS.items():
        if not 1 <= values[name] <= most:
            raise Unfit(f"The {name} of a panel must be from 1 to {most}.")
    return Place(**values)

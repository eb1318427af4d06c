"""A board's page."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.request import Request
from pyramid.view import view_config

from dashboard.changes import log
from dashboard.models.boards import Board
from dashboard.views.board_view import BoardState, BoardView, render_shell
from dashboard.views.cells import printable
from dashboard.views.posted import coming_back
from dashboard.views.tables import live

MISSING = "There is no board at this address. It may have been deleted, or have another one now."


@view_config(
    route_name="board",
    renderer="dashboard:templates/board.pt",
    request_method="GET",
    permission="view",
)
def board_page(request: Request) -> dict[str, Any]:
    view = board_view(request, "", request.matchdict["slug"])
    page = board_values(request, view)
    if request.has_permission("edit", request.registry["dashboard.catalog"]["panels"]):
        page["editing"] = _editing(request, view.slug, page["state"])
    return page


def board_values(request: Request, view: BoardView) -> dict[str, Any]:
    """Return what the template takes; raise HTTPNotFound where there's no such board."""
    session = request.dbsession
    cursor = log.head(session).cursor
    state = view.load(session)
    if not state.exists:
        raise HTTPNotFound(MISSING)
    bodies = (part.body(part.load(session)) for part in view.parts(state))
    shells = zip(state.shells, bodies, strict=True)
    return {
        "view": view.name,
        "live": live(request, cursor, [view.name]),
        "state": state,
        "panels": "\n".join(render_shell(shell, body) for shell, body in shells),
        "wall": "wall" in request.GET,
        "rotation": _rotation(request, view.slug),
        "editing": None,
    }


def board_view(request: Request, query: str, slug: str) -> BoardView:
    """Return the live view of a board; raise HTTPForbidden for who may not watch."""
    if "boards" not in request.access.catalog:
        raise HTTPForbidden("You may not watch boards.")
    return BoardView(slug, request.access, request.paths)


def boards_in_order(request: Request) -> list[dict[str, Any]]:
    order = sa.select(Board.slug, Board.title, Board.seconds).order_by(Board.position, Board.title)
    return [
        {
            "slug": row.slug,
            "title": printable(row.title),
            "seconds": row.seconds,
            "href": request.paths.board(row.slug),
        }
        for row in request.dbsession.execute(order)
    ]


def _rotation(request: Request, slug: str) -> dict[str, Any]:
    """Return how long a wall shows this board, and which comes after it."""
    boards = boards_in_order(request)
    at = next(place for place, each in enumerate(boards) if each["slug"] == slug)
    following = boards[(at + 1) % len(boards)]
    return {
        "seconds": boards[at]["seconds"],
        "next": f"{following['href']}?wall" if len(boards) > 1 else None,
    }


def _editing(request: Request, slug: str, state: BoardState) -> dict[str, str]:
    paths, here = request.paths, request.paths.board(slug)
    row = max((shell.row for shell in state.shells), default=0) + 1
    return {
        "new": coming_back(f"{paths.new('panels')}?board_id={state.id}&row={row}", here),
        "edit": paths.edit("boards", str(state.id)),
        "share": paths.share(slug),
        "arrange": paths.arrange(slug),
    }


def includeme(config: Configurator) -> None:
    config.add_view_finder("/boards/{slug}", board_view)

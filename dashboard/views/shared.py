"""``/shared/{token}``: a board for a screen without a person, and its stream."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPGone, HTTPNotFound
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from dashboard.models import reading
from dashboard.streaming import Event, event_source
from dashboard.views.board_view import BoardView
from dashboard.views.boards import board_values
from dashboard.views.link_access import LinkAccess, find_link, is_usable
from dashboard.views.paths import NoPaths
from dashboard.views.stream import ViewStream, follow, last_event_id

UNKNOWN = "This link isn't valid. Ask whoever gave it to you for a new one."
OVER = "This link has expired or was revoked. Ask whoever gave it to you for a new one."


@view_config(
    route_name="shared",
    renderer="dashboard:templates/board.pt",
    request_method="GET",
    permission=NO_PERMISSION_REQUIRED,
)
def shared_page(request: Request) -> dict[str, Any]:
    """Show the board as nobody in particular, whoever is signed in here."""
    view, _ = shared_view(request)
    page = board_values(request, view)
    page["live"]["stream"] = f"{request.paths.shared(request.matchdict['token'])}/stream"
    # A wall that shows this board has no right to the others.
    page["rotation"] = {**page["rotation"], "next": None}
    return {**page, "user": None, "nav": (), "shared": True}


@view_config(route_name="shared-stream", request_method="GET", permission=NO_PERMISSION_REQUIRED)
@event_source
def shared_stream(request: Request) -> ViewStream | list[Event]:
    """Follow the link's board, and nothing else."""
    view, access = shared_view(request)
    given = last_event_id(request)
    return follow(request, [view], access, given, request.GET.get("until"))


def shared_view(request: Request) -> tuple[BoardView, LinkAccess]:
    """Return the view of the link's board. Raises HTTPNotFound or HTTPGone for a bad link."""
    with reading(request.registry) as session:
        found = find_link(session, request.matchdict["token"])
        if found is None:
            raise HTTPNotFound(UNKNOWN)
        link, board = found
        if not is_usable(link):
            raise HTTPGone(OVER)
        access = LinkAccess(request.registry, link.id)
        return BoardView(board.slug, access, NoPaths(request.paths.root)), access

"""Save a table's address under a name; rename, share and delete what was saved."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from dashboard.catalog import Table
from dashboard.changes import log
from dashboard.models.boards import SavedView
from dashboard.queries.grammar import pairs_of, to_text
from dashboard.views.errors import BadInput
from dashboard.views.posted import posted
from dashboard.views.saved import SavedViews, may_share, saved_views, visible_to
from dashboard.views.security import people_of
from dashboard.views.tables import live, table_view

LONGEST = 100
MOST = 200
"""How many views somebody may save, and how many everyone may share."""


@view_config(
    route_name="saved-views",
    renderer="dashboard:templates/saved_views.pt",
    request_method="GET",
    permission="view",
)
def saved_page(request: Request) -> dict[str, Any]:
    view = saved_views(request)
    cursor = log.head(request.dbsession).cursor
    return {
        "view": view.name,
        "live": live(request, cursor, [view.name]),
        "saved": view.load(request.dbsession),
    }


@view_config(route_name="save-view", request_method="POST", permission="view")
def save(table: Table, request: Request) -> Response:
    """Save the table's query that was posted under a name."""
    identity = request.identity
    if identity is None:
        raise HTTPForbidden("Sign in to save a view.")
    owner = _owner(request)
    view = SavedView(
        name=_name(request),
        table_name=table.name,
        query=_query(request, table),
        owner_id=owner,
        created_by=identity.name,
    )
    owned = SavedView.owner_id.is_(None) if owner is None else SavedView.owner_id == owner
    count = request.dbsession.scalar(sa.select(sa.func.count(SavedView.id)).where(owned)) or 0
    if count >= MOST:
        raise BadInput("name", f"There are {MOST} saved views already; delete one first.")
    request.dbsession.add(view)
    request.session.flash({"tone": "good", "text": f"{view.name} was saved."})
    query = f"?{view.query}" if view.query else ""
    return HTTPSeeOther(f"{request.paths.table(table.name)}{query}")


@view_defaults(route_name="saved-view", permission="view")
class SavedViewPage:
    """Rename, share or delete one saved view: one's own, or everyone's for an editor."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.view = self._find(request.matchdict["id"])

    def _find(self, text: str) -> SavedView:
        identity = self.request.identity
        if identity is None:
            raise HTTPForbidden("Sign in to change a saved view.")
        view = None
        if text.isascii() and text.isdigit() and len(text) < 10:
            mine = visible_to(identity.id).where(SavedView.id == int(text))
            view = self.request.dbsession.scalar(mine)
        if view is None:
            raise HTTPNotFound("There is no such saved view.")
        if view.owner_id is None and not may_share(self.request.access):
            raise HTTPForbidden("This is everyone's; an editor can change it.")
        return view

    @view_config(request_method="GET", renderer="dashboard:templates/saved_view.pt")
    def show(self) -> dict[str, Any]:
        view = self.view
        query = f"?{view.query}" if view.query else ""
        return {
            "name": view.name,
            "shared": view.owner_id is None,
            "may_share": may_share(self.request.access),
            "action": self.request.paths.saved_view(view.id),
            "href": f"{self.request.paths.table(view.table_name)}{query}",
        }

    @view_config(request_method="POST")
    def change(self) -> Response:
        """Rename it or hand it over; with ``delete`` it goes."""
        view = self.view
        if posted(self.request, "delete"):
            self.request.dbsession.delete(view)
            text = f"{view.name} was deleted."
        else:
            view.name = _name(self.request)
            if may_share(self.request.access):
                view.owner_id = _owner(self.request)
            text = "Saved."
        self.request.session.flash({"tone": "good", "text": text})
        return HTTPSeeOther(self.request.paths.saved_views())


def _name(request: Request) -> str:
    name = posted(request, "name").strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        raise BadInput("name", f"Give it a name of 1 to {LONGEST} characters that can be seen.")
    return name


def _shared(request: Request) -> bool:
    shared = posted(request, "shared") == "true"
    if shared and not may_share(request.access):
        raise HTTPForbidden("Only an editor can save a view for everyone.")
    return shared


def _owner(request: Request) -> int | None:
    """Return whose the view is to be, None for everyone's."""
    if _shared(request):
        return None
    return people_of(request.registry).row(request.dbsession, request.identity)


def _query(request: Request, table: Table) -> str:
    """Return the canonical form of the query that was posted; raise BadInput for a bad one."""
    query = table_view(table, request, pairs_of(posted(request, "query"))).query
    return to_text(query.but(after=None))


def find_saved_views(request: Request, query: str) -> SavedViews:
    return saved_views(request)


def includeme(config: Configurator) -> None:
    config.add_view_finder("/views", find_saved_views)

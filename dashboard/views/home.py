"""The home page."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.view import view_config

from dashboard.changes import log
from dashboard.views.home_tables import FEW
from dashboard.views.home_view import HomeView
from dashboard.views.tables import live


@view_config(
    route_name="home",
    renderer="dashboard:templates/home.pt",
    request_method="GET",
    permission="view",
)
def home_page(request: Request) -> dict[str, Any]:
    home = HomeView(request.access, request.paths)
    cursor = log.head(request.dbsession).cursor
    state = home.load(request.dbsession)
    return {
        "view": home.name,
        "live": live(request, cursor, [home.name]),
        "boards": state.boards,
        "groups": state.groups,
        "many": sum(len(each.cards) for each in state.groups) > FEW,
        "setup": state.setup,
        "saved": state.saved,
        "greeting": state.greeting,
        "may_edit": request.has_permission("edit", request.registry["dashboard.catalog"]["boards"]),
    }


def find_home_view(request: Request, query: str) -> HomeView:
    return HomeView(request.access, request.paths)


def includeme(config: Configurator) -> None:
    config.add_view_finder("/", find_home_view)

"""What every template gets besides its own: paths, the person, messages, the tables' links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.events import BeforeRender
from pyramid.request import Request

from dashboard.models.boards import Board
from dashboard.views.cells import printable
from dashboard.views.security import people_of
from dashboard.views.ways_on import signing_in

SITE = "Live Dashboard"
MOST_BOARDS = 8
MOST_TABLES = 8
"""How many boards and how many tables have a link on every page; the home page has all."""

AT_THE_DOOR = frozenset({"home", "sign-in", "setup", "shared"})
"""The routes that signing in doesn't lead back to; a secret in an address stays in that one."""


def add_globals(event: BeforeRender) -> None:
    request: Request | None = event.get("request")
    if request is None:
        return
    event.setdefault("site", SITE)
    event.setdefault("paths", request.paths)
    event.setdefault("user", request.identity)
    people = people_of(request.registry)
    event.setdefault("account", people.account(request))
    event.setdefault("sign_in", _sign_in(request))
    event.setdefault("sign_out", people.sign_out(request))
    event.setdefault("get_csrf_token", lambda: get_csrf_token(request))
    event.setdefault("messages", Messages(request))
    event.setdefault("nav", Nav(request))
    event.setdefault("live", None)


class Messages:
    """The flash messages. They are taken when they're rendered, and a page that shows none
    doesn't start a session."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def __iter__(self) -> Iterator[dict[str, str]]:
        yield from self._request.session.pop_flash()


class Nav:
    """Links to the boards, and to the tables that the person may see."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield from self._boards()
        request = self._request
        here = getattr(getattr(request, "context", None), "name", None)
        listed = [each for each in request.access.catalog if each.listed]
        # Where one is, that comes first if it isn't among the others.
        away = [each for each in listed[MOST_TABLES:] if each.name == here]
        for table in (*away, *listed[:MOST_TABLES]):
            yield {
                "label": table.label,
                "href": request.paths.table(table.name),
                "current": table.name == here,
                "kind": "table",
            }
        if len(listed) > MOST_TABLES:
            yield {
                "label": f"All {len(listed)} tables",
                "href": f"{request.paths.home()}#tables",
                "current": False,
                "kind": "all",
            }

    def _boards(self) -> Iterator[dict[str, Any]]:
        request = self._request
        # The page of an error mustn't need the database, which may be what is broken.
        broken = getattr(request, "exception", None) is not None
        if broken or "boards" not in request.access.catalog:
            return
        here = (request.matchdict or {}).get("slug")
        order = sa.select(Board.slug, Board.title).order_by(Board.position, Board.title)
        for row in request.dbsession.execute(order.limit(MOST_BOARDS)):
            yield {
                "label": printable(row.title),
                "href": request.paths.board(row.slug),
                "current": row.slug == here,
                "kind": "board",
            }


def _sign_in(request: Request) -> str:
    """Return where one signs in, and comes back from to a page that is read."""
    route = getattr(request, "matched_route", None)
    is_read = route is not None and route.name not in AT_THE_DOOR and request.method == "GET"
    return signing_in(request, request.path_qs if is_read else None)


def includeme(config: Configurator) -> None:
    config.add_subscriber(add_globals, BeforeRender)

"""``GET /ws``: the handshake."""

from __future__ import annotations

import logging

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from dashboard.streaming.websocket.handshake import check, upgrade
from dashboard.views.csrf import foreign
from dashboard.views.problems import Problem, answer
from dashboard.views.websocket.talk import Talk

log = logging.getLogger(__name__)


@view_config(route_name="ws", request_method="GET", permission="view")
def ws(request: Request) -> Response:
    """Open a WebSocket for a page of this origin, or for a program, which has none.

    A page of another site could open one in the name of whoever is signed in here: browsers send
    cookies along, and don't keep pages from reading a WebSocket as they do with answers.
    """
    accept = check(request)
    why = foreign(request)
    if why is not None:
        log.warning("Refused a WebSocket from elsewhere: %s", why)
        return answer(request, Problem(403, "WebSockets are for pages of this very site."))
    return upgrade(request, accept, Talk(request.registry, request.identity, request.paths))

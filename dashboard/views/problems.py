"""A refusal or a failure as what is sent: a page for people, JSON for programs."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

from dashboard.views.ways_on import ways_on

log = logging.getLogger(__name__)

TEMPLATE = "dashboard:templates/error.pt"
PROGRAM_ROUTES = frozenset(
    {
        "stream",
        "shared-stream",
        "arrange",
        "changes",
        "held-changes",
        "held-changes-first",
        "ws",
        "choices",
        "healthz",
        "readyz",
    }
)
"""What programs read, who get JSON whatever they say they accept."""

TITLES = {
    400: "This request can't be understood",
    401: "Sign in first",
    403: "This is not for you",
    404: "There is nothing here",
    405: "This can't be done here",
    409: "Somebody else was faster",
    410: "This is over",
    413: "This is too large",
    422: "This can't be saved",
    426: "This is for WebSockets",
    429: "Too many tries",
    500: "Something broke",
    503: "Not available just now",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is told. ``more`` goes into the JSON answer, and its values under the page's text."""

    status: int
    text: str
    more: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return TITLES.get(self.status, "This didn't work")


def wants_json(request: Request) -> bool:
    """Tell whether a program asks, by the route or by the Accept header."""
    route = getattr(request, "matched_route", None)
    if route is not None and route.name in PROGRAM_ROUTES:
        return True
    offers = request.accept.acceptable_offers(["text/html", "application/json"])
    return bool(offers) and offers[0][0] == "application/json"


def answer(request: Request, problem: Problem) -> Response:
    """Return the response for ``problem``; it never fails, whatever is broken."""
    response = _json(problem, request) if wants_json(request) else _page(problem, request)
    response.status_int = problem.status
    response.headers.update(problem.headers)
    return response


def _json(problem: Problem, request: Request) -> Response:
    told = {"status": problem.status, "title": problem.title, "text": problem.text}
    return Response(json_body={"error": {**told, **problem.more}}, content_type="application/json")


def _page(problem: Problem, request: Request) -> Response:
    try:
        return render_to_response(TEMPLATE, _view_model(problem, request), request)
    except Exception:
        # The page shows who is signed in and what there is, any of which may be what is broken.
        log.warning("The error page can't be shown.", exc_info=True)
        return Response(f"{problem.title}\n\n{problem.text}\n", content_type="text/plain")


def _view_model(problem: Problem, request: Request) -> dict[str, Any]:
    detail = ", ".join(f"{name}: {value}" for name, value in problem.more.items()) or None
    return {
        "status": problem.status,
        "title": problem.title,
        "text": problem.text,
        "detail": detail,
        "actions": ways_on(request, problem.status),
    }

"""Where one may go on from a page that says what went wrong: not only to the start."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.util import as_sorted_tuple

from dashboard.catalog import Table

Way = dict[str, Any]


def ways_on(request: Request, status: int) -> list[Way]:
    """Return links, the likeliest first. A form gets back what was typed into it by drafts.js."""
    form = _form(request)
    found = [_table(request, status), Way(label="Go to the start", href=request.paths.home())]
    if status in (403, 410) and request.identity is None:
        found.insert(0, Way(label="Sign in", href=signing_in(request, form)))
    elif form:
        found.insert(0, Way(label="Back to the form", href=form))
    return [each for each in found if each]


def signing_in(request: Request, back: str | None) -> str:
    """Return the address at which one signs in and is then sent ``back``."""
    address: str = request.paths.sign_in()
    return f"{address}?{urlencode({'next': back})}" if back else address


def allowed_methods(request: Request) -> list[str]:
    """Return the methods that the matched route's views take, in order; [] where any is."""
    route = getattr(request, "matched_route", None)
    if route is None:
        return []
    found: set[str] = set()
    for each in request.registry.introspector.get_category("views") or []:
        view = each["introspectable"]
        if view["route_name"] == route.name:
            methods = as_sorted_tuple(view["request_methods"] or ())
            if not methods:
                return []
            found.update(methods)
    # Pyramid answers HEAD by the view of GET.
    return sorted(found | {"HEAD"} if "GET" in found else found)


def _form(request: Request) -> str | None:
    """Return the address of the form that was sent, if it's shown at the address that takes it."""
    sent = request.method == "POST" and "GET" in allowed_methods(request)
    return str(request.path_qs) if sent else None


def _table(request: Request, status: int) -> Way | None:
    """Return the way to the table that the address names, unless that is what went wrong."""
    table = getattr(request, "context", None)
    if not isinstance(table, Table) or table.name not in request.access.catalog:
        return None
    href = request.paths.table(table.name)
    if href == request.path_qs:
        return None
    word = "Show all of" if status == 400 else "Go to"
    return Way(label=f"{word} {table.label}", href=href)

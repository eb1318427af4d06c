"""Which live view a page's address names: each family of pages says so for its own."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from pyramid.config import Configurator
from pyramid.request import Request

from dashboard.queries import LiveView
from dashboard.views.errors import BadInput

Finder = Callable[..., LiveView]
"""Takes the request, the page's query string, and a text for each ``{name}`` of its pattern.

Raises HTTPNotFound, HTTPForbidden or BadInput where there is no such view for this person.
"""


class ViewFinders:
    """The finders by the patterns of their pages' paths. No two patterns fit one path."""

    def __init__(self) -> None:
        self._finders: list[tuple[list[str], Finder]] = []

    def add(self, pattern: str, finder: Finder) -> None:
        self._finders.append((_steps(pattern), finder))

    def find(self, request: Request, text: str) -> LiveView:
        """Return the view that ``text``, a page's path and query, names."""
        parts = urlsplit(text)
        steps = [unquote(step, errors="strict") for step in _steps(parts.path)]
        for pattern, finder in self._finders:
            names = _match(pattern, steps)
            if names is not None:
                return finder(request, parts.query, **names)
        raise BadInput("view", f"view: {text[:200]!r} is not the path of a live page.")


def _steps(path: str) -> list[str]:
    return path.split("/")[1:]


def _match(pattern: list[str], steps: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(steps):
        return None
    names = {}
    for wanted, step in zip(pattern, steps, strict=True):
        if wanted.startswith("{"):
            names[wanted[1:-1]] = step
        elif wanted != step:
            return None
    return names


def add_view_finder(config: Configurator, pattern: str, finder: Finder) -> None:
    """Let streams follow the pages at ``pattern``, such as ``/tables/{table}``."""
    config.registry["dashboard.view_finders"].add(pattern, finder)


def find_view(request: Request, text: str) -> LiveView:
    """Return the view that ``text``, a page's path and query, names."""
    finders: ViewFinders = request.registry["dashboard.view_finders"]
    return finders.find(request, text)


def includeme(config: Configurator) -> None:
    config.registry["dashboard.view_finders"] = ViewFinders()
    config.add_directive("add_view_finder", add_view_finder)

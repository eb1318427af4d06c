"""What was typed into a form of our own, as plain text."""

from __future__ import annotations

import re
from urllib.parse import quote

from pyramid.request import Request

_LOCAL_PATH = re.compile(r"/(?!/)[!-\[\]-~]{0,2000}")

BACK = "_back"
"""The parameter of a form's address that says where to go after it."""


def posted(request: Request, name: str) -> str:
    """Return a field's text; "" where it is missing or was sent as a file."""
    value = request.POST.get(name, "")
    return value if isinstance(value, str) else ""


def local_path(text: str) -> str | None:
    """Return a path of this site as it was given; None for anything that may lead elsewhere."""
    return text if _LOCAL_PATH.fullmatch(text) else None


def way_back(request: Request) -> str | None:
    """Return where who opened a form wants to go after it, if they said so."""
    return local_path(request.GET.get(BACK, ""))


def coming_back(path: str, back: str | None) -> str:
    """Return the address of a form that leads to ``back`` when it's done."""
    if back is None:
        return path
    return f"{path}{'&' if '?' in path else '?'}{BACK}={quote(back, safe='/')}"

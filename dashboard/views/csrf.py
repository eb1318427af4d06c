"""Forged requests are refused: a write needs the session's token and comes from our own pages.

Pyramid compares the origin over https only; here it is compared whatever the scheme is.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from pyramid.config import Configurator
from pyramid.csrf import SessionCSRFStoragePolicy
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPBadRequest
from pyramid.request import Request
from pyramid.response import Response

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEFAULT_PORTS = {"http": 80, "https": 443}
TOKEN = "csrf_token"  # noqa: S105 (a name, no secret)

View = Callable[[Any, Request], Response]


def check_origin(request: Request) -> None:
    """Raise BadCSRFOrigin unless the request comes from a page of this very origin.

    A browser sends at least one of the three headers with a write. What has none is a program,
    which only the token can vouch for; over https that isn't enough, as in Pyramid and Django.
    """
    why = foreign(request)
    if why is not None:
        raise BadCSRFOrigin(why)
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if _source(request) is None and fetch_site != "same-origin" and request.scheme == "https":
        raise BadCSRFOrigin("neither Origin nor Referer was sent")


def foreign(request: Request) -> str | None:
    """Return what tells that a page of another origin sent the request, None where nothing does."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    source = _source(request)
    if fetch_site not in (None, "same-origin", "none"):
        return f"Sec-Fetch-Site is {fetch_site!r}"
    if source is not None and not is_same_origin(source, request.host_url):
        return f"{source[:200]!r} is not {request.host_url!r}"
    return None


def _source(request: Request) -> str | None:
    return request.headers.get("Origin") or request.headers.get("Referer")


def is_same_origin(one: str, other: str) -> bool:
    origin = origin_of(one)
    # Two that have no origin, as `null`, are not of the same one.
    return origin is not None and origin == origin_of(other)


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Return (scheme, host, port) of a URL, or None for one without them, such as ``null``."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not (parts.scheme and parts.hostname and port):
        return None
    return parts.scheme, parts.hostname, port


def check_form(request: Request) -> None:
    """Raise HTTPBadRequest for a body that can't be read as a form."""
    try:
        if request.content_type != "multipart/form-data":
            # WebOb would put a replacement character for what isn't UTF-8, and it would be saved.
            unquote_to_bytes(request.body).decode("utf-8")
        token = request.POST.get(TOKEN, "")
    except (ValueError, LookupError, DeprecationWarning) as error:
        # WebOb raises a DeprecationWarning for a charset other than UTF-8.
        raise HTTPBadRequest("The form that was sent can't be read.") from error
    if not isinstance(token, str):
        raise BadCSRFToken("the token was sent as a file")


def close_body(request: Request) -> None:
    """Close the temporary file that WebOb copies a large body into and leaves to the collector."""
    body = request.environ.get("wsgi.input")
    if isinstance(body, io.BufferedRandom):
        body.close()


def checked_view(view: View, info: Any) -> View:
    """Pyramid view deriver: check origin and form of every write before its token is looked at."""
    if info.exception_only or info.options.get("require_csrf") is False:
        return view

    def wrapped(context: Any, request: Request) -> Response:
        if request.method not in SAFE_METHODS:
            request.add_finished_callback(close_body)
            check_origin(request)
            check_form(request)
        return view(context, request)

    return wrapped


def includeme(config: Configurator) -> None:
    config.set_csrf_storage_policy(SessionCSRFStoragePolicy(key=TOKEN))
    config.set_default_csrf_options(
        require_csrf=True, token=TOKEN, safe_methods=SAFE_METHODS, check_origin=False
    )
    config.add_view_deriver(checked_view, "dashboard_csrf", under="secured_view", over="csrf_view")

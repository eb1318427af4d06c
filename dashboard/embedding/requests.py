"""The host's requests below the prefix, handed to the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyramid.httpexceptions import HTTPPermanentRedirect
from pyramid.request import Request
from pyramid.response import Response

from dashboard.embedding.host import GUEST, HOST_PATH
from dashboard.embedding.mount import Mount

FOR_NOBODY = ("static/", "healthz", "readyz")
"""Beginnings of paths below which nobody is asked who they are."""

NOT_OURS = ("tm.", "repoze.tm.", "retry.", "bfg.", "webob.adhoc")
"""Beginnings of keys of the WSGI environ: the program has a transaction, a route and attempts of
its own."""


def mounted(request: Request) -> Response:
    """Answer a request below the prefix by the program."""
    mount: Mount = request.registry["dashboard.mount"]
    path: str = request.matchdict["dashboard_path"]
    environ = _below(request, path)
    if mount.people is not None and not path.startswith(FOR_NOBODY):
        environ[GUEST] = mount.people.introduce(request)
    with _transaction_ended(request):
        return Request(environ).get_response(mount.app)


def to_home(request: Request) -> Response:
    """The prefix itself, without a slash behind it."""
    query = f"?{request.query_string}" if request.query_string else ""
    return HTTPPermanentRedirect(f"{request.path}/{query}")


def _below(request: Request, path: str) -> dict[str, Any]:
    """Return the environ of a request to an application that is mounted above ``path``."""
    environ = {key: value for key, value in request.environ.items() if not key.startswith(NOT_OURS)}
    if request.is_body_seekable:
        request.body_file_raw.seek(0)  # The host may have read it.
    rest = path.encode("utf-8").decode("latin-1")
    whole = environ["PATH_INFO"]
    environ[HOST_PATH] = request.script_name
    environ["SCRIPT_NAME"] += whole[: len(whole) - len(rest)].removesuffix("/")
    environ["PATH_INFO"] = f"/{rest}"
    return environ


@contextmanager
def _transaction_ended(request: Request) -> Iterator[None]:
    """End the host's transaction for now: a lock that it holds must not keep the program waiting.

    In SQLite that may be no more than having read who is signed in.
    """
    environ = request.environ
    manager = environ["tm.manager"] if environ.get("tm.active") else None
    if manager is None:
        yield
        return
    if manager.isDoomed():
        manager.abort()
    else:
        manager.commit()
    try:
        yield
    finally:
        manager.begin()

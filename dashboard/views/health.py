"""For operators: is the process alive, and can it do its work?"""

from __future__ import annotations

import logging
from typing import Any

from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config
from sqlalchemy.exc import SQLAlchemyError

from dashboard.models.migrations import is_current

log = logging.getLogger(__name__)


@view_config(
    route_name="healthz",
    request_method="GET",
    renderer="json",
    permission=NO_PERMISSION_REQUIRED,
)
def healthz(request: Request) -> dict[str, Any]:
    """Answer as long as the process can, whatever the database does."""
    return {"status": "ok"}


@view_config(
    route_name="readyz",
    request_method="GET",
    renderer="json",
    permission=NO_PERMISSION_REQUIRED,
)
def readyz(request: Request) -> dict[str, Any]:
    """Answer 200 when the database can be read and is migrated, else 503 with what is missing.

    Without its backplane the program does its work, a bit later; without its edge, all but the
    feeds that are held there.
    """
    missing = _missing(request)
    if missing is None:
        return {"status": "ok", **_neighbours(request.registry)}
    request.response.status_int = 503
    request.response.headers["Retry-After"] = "5"
    return {"status": "unavailable", "reason": missing}


def _neighbours(registry: Registry) -> dict[str, Any]:
    """Return what the program works with, and whether that is there."""
    backplane = registry["dashboard.backplane"]
    state = "connected" if backplane.connected else "away; the log is polled"
    found: dict[str, Any] = {"backplane": {"kind": backplane.kind, "state": state}}
    edge = registry.get("dashboard.edge")
    if edge is not None:
        found["edge"] = {"state": "connected" if edge.connected else "away; what it holds waits"}
    return found


def _missing(request: Request) -> str | None:
    try:
        current = is_current(request.registry["dashboard.engine"])
    except SQLAlchemyError:
        # Where the database is and why it failed is for the log, not for whoever asks.
        log.warning("The database can't be read.", exc_info=True)
        return "The database can't be read."
    return None if current else "The database is not migrated; run `dashboard init`."

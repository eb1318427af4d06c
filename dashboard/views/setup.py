"""The first admin: made by whoever holds the one-time link that the server prints at start."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pyramid.events import ApplicationCreated, subscriber
from pyramid.httpexceptions import HTTPGone, HTTPNotFound, HTTPSeeOther
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED, remember
from pyramid.view import view_config, view_defaults
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dashboard.changes import ACTOR
from dashboard.models import reading
from dashboard.models.admins import name_problem
from dashboard.models.passwords import hash_password, weakness
from dashboard.models.people import SetupLink, User
from dashboard.models.types import utc_now
from dashboard.views.posted import posted

LIFETIME = timedelta(hours=24)
ONLY = 1
"""The id of the only link there is: a second one at the same time can't be stored."""

DONE = "The first admin has been made already. Sign in instead."
UNKNOWN = "This setup link isn't valid. Use the one that the server printed when it last started."
EXPIRED = "This setup link has expired. Start the server again, and it prints a new one."


@subscriber(ApplicationCreated)
def announce(event: ApplicationCreated) -> None:
    """Print a fresh setup link where nobody can sign in yet."""
    registry = event.app.registry
    token = new_token(registry)
    if token:
        url = registry["dashboard.settings"].url.rstrip("/")
        print("Nobody can sign in yet. Make the first admin here (once, within 24 hours):")
        print(f"  {url}/setup?{urlencode({'token': token})}", flush=True)


def new_token(registry: Registry) -> str | None:
    """Replace the setup link and return its secret; None where there are users."""
    with reading(registry) as session:
        if _has_users(session):
            return None
    token = secrets.token_urlsafe(32)
    try:
        with registry["dashboard.dbsession_factory"].begin() as session:
            session.execute(delete(SetupLink))
            session.add(
                SetupLink(id=ONLY, token_hash=_hashed(token), expires_at=utc_now() + LIFETIME)
            )
    except IntegrityError:
        return None  # Another process that starts at the same time prints its own.
    return token


@view_defaults(
    route_name="setup",
    renderer="dashboard:templates/setup.pt",
    permission=NO_PERMISSION_REQUIRED,
)
class SetupViews:
    """Both raise HTTPGone or HTTPNotFound where the request's token isn't that of the link."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.token = request.GET.get("token", "")
        self.name = posted(request, "name").strip()
        self.password = posted(request, "password")

    @view_config(request_method="GET")
    def page(self) -> dict[str, Any]:
        self._check_link()
        return self._page([])

    @view_config(request_method="POST")
    def make_admin(self) -> dict[str, Any] | Response:
        self._check_link()
        errors = self._errors()
        if errors:
            self.request.response.status_int = 422
            return self._page(errors)
        admin = make_first_admin(
            self.request.registry["dashboard.dbsession_factory"],
            self.token,
            self.name,
            hash_password(self.password),
            utc_now(),
        )
        if admin is None:
            raise HTTPGone(DONE)
        remember(self.request, admin[0], epoch=admin[1])
        return HTTPSeeOther(self.request.paths.home())

    def _check_link(self) -> None:
        with reading(self.request.registry) as session:
            if _has_users(session):
                raise HTTPGone(DONE)
            link = session.scalar(
                select(SetupLink).where(SetupLink.token_hash == _hashed(self.token))
            )
        if link is None:
            raise HTTPNotFound(UNKNOWN)
        if link.expires_at <= utc_now():
            raise HTTPGone(EXPIRED)

    def _errors(self) -> list[str]:
        found = (name_problem(self.name), weakness(self.password, self.name))
        return [problem for problem in found if problem]

    def _page(self, errors: list[str]) -> dict[str, Any]:
        return {"name": self.name[:100], "errors": errors}


def make_first_admin(
    factory: sessionmaker[Session], token: str, name: str, password_hash: str, now: datetime
) -> tuple[int, int] | None:
    """Use the link up and return the admin's (id, session epoch); None where it is used up.

    Deleting the link is what decides between two who hold it: only one of them deletes a row.
    """
    with factory.begin() as session:
        used = session.execute(
            delete(SetupLink)
            .where(SetupLink.token_hash == _hashed(token), SetupLink.expires_at > now)
            .returning(SetupLink.id)
        ).first()
        if used is None or _has_users(session):
            return None
        session.info[ACTOR] = name
        admin = User(name=name, role="admin", password_hash=password_hash)
        session.add(admin)
        session.flush()
        return admin.id, admin.session_epoch


def _has_users(session: Session) -> bool:
    return session.scalar(select(User.id).limit(1)) is not None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()

"""Signing in and out."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED, forget, remember
from pyramid.view import view_config
from sqlalchemy import select, update

from dashboard.changes import ACTOR
from dashboard.models import reading
from dashboard.models.passwords import hash_password, needs_rehash, verify_password
from dashboard.models.people import User
from dashboard.models.types import utc_now
from dashboard.views import throttle
from dashboard.views.posted import local_path, posted

TEMPLATE = "dashboard:templates/sign_in.pt"
"""A path of this site: ASCII without spaces, control characters or a backslash, all of which
browsers mend into something else, and no second slash, behind which they look for a host."""

WRONG = "That name and password don't go together. Check both and try again."


@view_config(
    route_name="sign-in",
    request_method="GET",
    renderer=TEMPLATE,
    permission=NO_PERMISSION_REQUIRED,
)
def sign_in_page(request: Request) -> dict[str, Any] | Response:
    if request.identity:
        return HTTPSeeOther(destination(request))
    return _page(request)


@view_config(
    route_name="sign-in",
    request_method="POST",
    renderer=TEMPLATE,
    permission=NO_PERMISSION_REQUIRED,
)
def sign_in(request: Request) -> dict[str, Any] | Response:
    """Check name and password with no transaction open, since hashing takes long."""
    name = posted(request, "name").strip()
    wait = slow_down(request, name)
    if wait:
        return _page(request, wait)
    password = posted(request, "password")
    user = _user_named(request.registry, name)
    if not verify_password(user.password_hash if user else None, password) or user is None:
        request.response.status_int = 403
        return _page(request, WRONG)
    _forgive(request.registry, user, password)
    remember(request, user.id, epoch=user.session_epoch)
    return HTTPSeeOther(destination(request))


@view_config(route_name="sign-out", request_method="POST", permission=NO_PERMISSION_REQUIRED)
def sign_out(request: Request) -> Response:
    """End every session of the person, so that a copied cookie is worth nothing afterwards."""
    if request.identity:
        with request.registry["dashboard.dbsession_factory"].begin() as session:
            session.info[ACTOR] = request.identity.name
            session.execute(
                update(User)
                .where(User.id == request.identity.id)
                .values(session_epoch=User.session_epoch + 1)
            )
    forget(request)
    public = request.registry["dashboard.settings"].public
    return HTTPSeeOther(request.paths.home() if public else request.paths.sign_in())


def destination(request: Request) -> str:
    """Return where to go after signing in: ``next`` if it is a path of this site, else home."""
    wanted = posted(request, "next") or request.GET.get("next", "")
    return local_path(wanted) or request.paths.home()


def slow_down(request: Request, name: str) -> str | None:
    """Count a try at ``name``'s password; set the response and say so where it must wait."""
    wait = throttle.attempt(
        request.registry["dashboard.dbsession_factory"],
        throttle.account_of(name),
        throttle.address_of(request),
        utc_now(),
    )
    if not wait:
        return None
    request.response.status_int = 429
    request.response.headers["Retry-After"] = str(wait)
    minutes = -(-wait // 60)
    return (
        "There were too many wrong passwords for this name or from this address. "
        f"Try again in {minutes} minute{'s' if minutes > 1 else ''}."
    )


def _page(request: Request, error: str | None = None) -> dict[str, Any]:
    name = posted(request, "name")[: throttle.LONGEST]
    return {"name": name, "error": error, "next": destination(request)}


def _user_named(registry: Registry, name: str) -> User | None:
    with reading(registry) as session:
        return session.scalar(select(User).where(User.name == throttle.account_of(name)))


def _forgive(registry: Registry, user: User, password: str) -> None:
    """Clear the account's refused sign-ins, and store a hash made with today's parameters."""
    old = user.password_hash
    new = hash_password(password) if old is not None and needs_rehash(old) else None
    with registry["dashboard.dbsession_factory"].begin() as session:
        throttle.clear(session, throttle.account_of(user.name))
        if new:
            session.execute(
                update(User)
                .where(User.id == user.id, User.password_hash == old)
                .values(password_hash=new)
            )

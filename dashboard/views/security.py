"""Who is asking, and what they may do: asked at every request.

A role that changes, a person who is deleted and a session that is revoked count at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request, RequestLocalCache
from pyramid.security import Allowed, Denied
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.catalog import Table
from dashboard.models import reading
from dashboard.models.people import ROLES, User
from dashboard.settings import Settings

KEY = "user"
IDS_PER_QUERY = 500
LONGEST_SESSION = 30 * 24 * 3600
"""Seconds after which one signs in again, however busy the session was."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person who is signed in. ``epoch`` is that of the session; sign-out raises the user's.

    Whose ``role`` is none of ``ROLES`` may do what anybody may.
    """

    id: int
    name: str
    role: str
    epoch: int


class People(Protocol):
    """Who people are: the program's own users, or those of an application that it is a part of."""

    def of(self, request: Request) -> Identity | None:
        """Return who is asking, None for somebody who isn't signed in."""

    def still(self, identity: Identity) -> Identity | None:
        """Return the identity with its present name and role, or None if it no longer counts."""

    def unchanged(self, identities: Iterable[Identity]) -> set[Identity]:
        """Return those of ``identities`` that count as they are: none changed, none revoked."""

    def row(self, session: Session, identity: Identity) -> int:
        """Return the id of the person's row, to which what is their own refers."""

    def account(self, request: Request) -> str | None:
        """Return where a person's name leads, None where nowhere."""

    def sign_out(self, request: Request) -> str | None:
        """Return where one signs out by POST, None where that isn't here."""


class OwnPeople:
    """The program's users, in its database."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def of(self, request: Request) -> Identity | None:
        match request.session.get(KEY):
            case [int(user_id), int(epoch), int(at)] if time.time() - at < LONGEST_SESSION:
                return self._find(user_id, epoch)
        return None

    def still(self, identity: Identity) -> Identity | None:
        return self._find(identity.id, identity.epoch)

    def _find(self, user_id: int, epoch: int) -> Identity | None:
        """Return the person as the database has them, if sessions of ``epoch`` still count."""
        counts = (User.id == user_id, User.session_epoch == epoch)
        with reading(self._registry) as session:
            row = session.execute(select(User.name, User.role).where(*counts)).one_or_none()
        return Identity(user_id, row.name, row.role, epoch) if row else None

    def unchanged(self, identities: Iterable[Identity]) -> set[Identity]:
        asked = set(identities)
        ids = sorted({each.id for each in asked})
        found: set[Identity] = set()
        with reading(self._registry) as session:
            for start in range(0, len(ids), IDS_PER_QUERY):
                some = User.id.in_(ids[start : start + IDS_PER_QUERY])
                columns = select(User.id, User.name, User.role, User.session_epoch)
                found.update(Identity(*row) for row in session.execute(columns.where(some)))
        return asked & found

    def row(self, session: Session, identity: Identity) -> int:
        return identity.id

    def account(self, request: Request) -> str:
        found: str = request.paths.account()
        return found

    def sign_out(self, request: Request) -> str:
        found: str = request.paths.sign_out()
        return found


def people_of(registry: Registry) -> People:
    people: People = registry["dashboard.people"]
    return people


def still(registry: Registry, identity: Identity | None) -> Identity | None:
    """Return the identity as it is now, or None if it no longer counts.

    A stream that began with an identity must end when this returns None.
    """
    return people_of(registry).still(identity) if identity else None


def may(
    identity: Identity | None, settings: Settings, permission: str, table: Table | None = None
) -> bool:
    """Tell whether ``permission`` ("view", "edit" or "admin") is given, for a table or at large."""
    return role_may(None if identity is None else identity.role, settings, permission, table)


def role_may(
    role: str | None, settings: Settings, permission: str, table: Table | None = None
) -> bool:
    """Tell the same of all who have a role, which is None for somebody who isn't signed in."""
    needed = _roles_needed(permission, table)
    if role not in ROLES:
        return settings.public and permission == "view" and needed == ["watcher"]
    return all(_includes(role, each) for each in needed)


def _roles_needed(permission: str, table: Table | None) -> list[str]:
    view = table.view_role if table else "watcher"
    edit = table.edit_role if table else "editor"
    # What can't be seen can't be edited, whatever the table's edit_role says.
    return {"view": [view], "edit": [view, edit]}.get(permission, ["admin"])


def _includes(role: str, needed: str) -> bool:
    # A role that nobody knows, as a typing error in a table's info, is given to nobody.
    return role in ROLES and needed in ROLES and ROLES.index(role) >= ROLES.index(needed)


class SecurityPolicy:
    """Pyramid's security policy. The session cookie has [user id, epoch, time of sign-in]."""

    def __init__(self) -> None:
        self._identities = RequestLocalCache(_identity)

    def identity(self, request: Request) -> Identity | None:
        return self._identities.get_or_create(request)

    def authenticated_userid(self, request: Request) -> str | None:
        identity = self.identity(request)
        return str(identity.id) if identity else None

    def permits(self, request: Request, context: Any, permission: str) -> Allowed | Denied:
        identity = self.identity(request)
        table = context if isinstance(context, Table) else None
        settings = request.registry["dashboard.settings"]
        answer = Allowed if may(identity, settings, permission, table) else Denied
        return answer("%s for %s", permission, identity.role if identity else "anybody")

    def remember(self, request: Request, userid: Any, **kw: Any) -> list[tuple[str, str]]:
        """Sign in ``userid`` in a new session, so that nothing known of the old one helps."""
        request.session.invalidate()
        request.session[KEY] = [int(userid), int(kw["epoch"]), int(time.time())]
        self._identities.clear(request)
        return []

    def forget(self, request: Request, **kw: Any) -> list[tuple[str, str]]:
        request.session.invalidate()
        self._identities.set(request, None)
        return []

    def assume_nobody(self, request: Request) -> None:
        """Go on without looking the identity up, for the error page of a database that is away."""
        self._identities.set(request, None)


def _identity(request: Request) -> Identity | None:
    return people_of(request.registry).of(request)


def includeme(config: Configurator) -> None:
    config.include("dashboard.views.session")
    # pyramid_tm would look the user up outside of the place where errors become pages.
    config.add_settings({"tm.annotate_user": False})
    # An application that mounts the program may have people of its own.
    config.registry.setdefault("dashboard.people", OwnPeople(config.registry))
    policy = SecurityPolicy()
    config.registry["dashboard.security"] = policy
    config.set_security_policy(policy)
    # A view that says nothing is open only to those who may watch.
    config.set_default_permission("view")

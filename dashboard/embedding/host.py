"""Who people are where the host knows that."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyramid.request import Request
from pyramid.router import Router
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dashboard.models import reading
from dashboard.models.engine import is_away
from dashboard.models.people import ROLES, User
from dashboard.views.security import Identity

logger = logging.getLogger(__name__)

GUEST = "dashboard.guest"
"""The key in the WSGI environ under which stands who is asking, where the host knows that."""

HOST_PATH = "dashboard.host_path"
"""The key under which stands where the host itself is mounted."""

NO_ROLE = "none"
LONGEST_NAME = 100

Identify = Callable[[Request], tuple[str, str | None] | None]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HostSite:
    """What the host has said of its people; see ``set_live_identity``."""

    identify: Identify
    sign_in_url: str | None
    account_url: str | None


@dataclass(frozen=True, slots=True)
class Guest(Identity):
    """A person of the host's; ``asked`` are the headers that the host knew them by."""

    asked: Headers


class HostPeople:
    """The People of a host. ``router`` is the host's application."""

    def __init__(self, site: HostSite, router: Router) -> None:
        self._site = site
        self._router = router

    def identify(self, request: Request) -> tuple[str, str] | None:
        """Return the name and role of who sent one of the host's requests.

        Raises ValueError where the host's function returns something else.
        """
        answer = self._site.identify(request)
        if answer is None:
            return None
        try:
            name, role = answer
        except (TypeError, ValueError):
            name = role = ""
        if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME:
            raise ValueError(
                "What set_live_identity was given must return None or (name, role), the name of "
                f"1 to {LONGEST_NAME} characters, and not {answer!r}."
            )
        if role is not None and role not in ROLES:
            raise ValueError(f"{role!r} is no role; it is one of {', '.join(ROLES)}, or None.")
        return name, role or NO_ROLE

    def introduce(self, request: Request) -> tuple[str, str, Headers] | None:
        """Return what the program is told of who sent one of the host's requests."""
        found = self.identify(request)
        return None if found is None else (*found, headers_of(request.environ))

    def of(self, request: Request) -> Identity | None:
        introduced: tuple[str, str, Headers] | None = request.environ.get(GUEST)
        if introduced is None:
            return None
        name, role, headers = introduced
        with reading(request.registry) as session:
            id_ = session.scalar(select(User.id).where(User.name == name))
        return Guest(id_ or 0, name, role, 0, headers)

    def still(self, identity: Identity) -> Identity | None:
        """Ask the host again, by a request that says of itself what the first one said.

        An error of the host's counts as a no.
        """
        assert isinstance(identity, Guest)
        try:
            found = self._ask(identity.asked)
        except Exception as error:
            if is_away(error):
                raise
            logger.exception("The host can't tell whether %r is signed in.", identity.name)
            return None
        if found is None or found[0] != identity.name:
            return None
        return Guest(identity.id, *found, identity.epoch, identity.asked)

    def unchanged(self, identities: Iterable[Identity]) -> set[Identity]:
        return {each for each in set(identities) if self.still(each) == each}

    def _ask(self, headers: Headers) -> tuple[str, str] | None:
        context = self._router.request_context(environ_of(headers))
        request = context.begin()
        try:
            with _transaction(request):
                return self.identify(request)
        finally:
            self._router.finish_request(request)
            context.end()

    def row(self, session: Session, identity: Identity) -> int:
        """Return the id of the row that stands for the person here; make it at the first need.

        Nobody can sign in by it.
        """
        statement = select(User.id).where(User.name == identity.name)
        found = session.scalar(statement)
        if found is not None:
            return found
        try:
            with session.begin_nested():
                user = User(name=identity.name, role=ROLES[0])
                session.add(user)
        except IntegrityError:  # Somebody else's request was faster.
            return session.scalars(statement).one()
        return user.id

    def account(self, request: Request) -> str | None:
        return self._url(request, self._site.account_url)

    def sign_out(self, request: Request) -> None:
        """That is the host's to do."""

    def sign_in(self, request: Request, next_: str) -> str | None:
        """Return the address where one signs in, and from which one comes back to ``next_``."""
        url = self._url(request, self._site.sign_in_url)
        return None if url is None else url.replace("{next}", quote(next_, safe=""))

    @staticmethod
    def _url(request: Request, url: str | None) -> str | None:
        below = url is not None and url.startswith("/")
        return f"{quote(request.environ[HOST_PATH])}{url}" if below else url


def headers_of(environ: Mapping[str, Any]) -> Headers:
    """Return what a request's environ says of who sent it and how: its texts."""
    texts = [(name, value) for name, value in environ.items() if type(value) is str]
    return tuple(
        (name, value)
        for name, value in texts
        if name == "wsgi.url_scheme" or not ("." in name or name == "QUERY_STRING")
    )


def environ_of(headers: Headers) -> dict[str, Any]:
    """Return the environ of a GET request with those headers."""
    return {
        **dict(headers),
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": "0",
        "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


@contextmanager
def _transaction(request: Request) -> Iterator[None]:
    """Give a request of the host's a transaction as pyramid_tm does, and roll it back."""
    manager = getattr(request, "tm", None)
    if manager is None:
        yield
        return
    request.environ.update({"tm.active": True, "tm.manager": manager})
    manager.begin()
    try:
        yield
    finally:
        manager.abort()

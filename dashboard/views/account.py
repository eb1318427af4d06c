"""One's own password."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED, remember
from pyramid.view import view_config, view_defaults
from sqlalchemy import select, update

from dashboard.changes import ACTOR
from dashboard.models import reading
from dashboard.models.passwords import hash_password, verify_password, weakness
from dashboard.models.people import User
from dashboard.views import throttle
from dashboard.views.posted import posted
from dashboard.views.sign_in import slow_down

CHANGED = "Your password is changed, and every other browser is signed out."
WRONG = "This is not your present password."


@view_defaults(
    route_name="account",
    renderer="dashboard:templates/account.pt",
    # Whoever is signed in has an account; the constructor refuses the others.
    permission=NO_PERMISSION_REQUIRED,
)
class AccountViews:
    def __init__(self, request: Request) -> None:
        if request.identity is None:
            raise HTTPForbidden("Sign in to see your account.")
        self.request = request
        self.identity = request.identity

    @view_config(request_method="GET")
    def page(self) -> dict[str, Any]:
        return self._page([])

    @view_config(request_method="POST")
    def change_password(self) -> dict[str, Any] | Response:
        """Change it with no transaction open while hashing; keep only this browser signed in."""
        wait = slow_down(self.request, self.identity.name)
        if wait:
            return self._page([wait])
        errors = self._errors()
        if errors:
            self.request.response.status_int = 422
            return self._page(errors)
        epoch = self._store(hash_password(posted(self.request, "new")))
        remember(self.request, self.identity.id, epoch=epoch)
        self.request.session.flash({"tone": "good", "text": CHANGED})
        return HTTPSeeOther(self.request.paths.account())

    def _errors(self) -> list[str]:
        with reading(self.request.registry) as session:
            stored = session.scalar(select(User.password_hash).where(User.id == self.identity.id))
        if not verify_password(stored, posted(self.request, "current")):
            return [WRONG]
        problem = weakness(posted(self.request, "new"), self.identity.name)
        return [problem] if problem else []

    def _store(self, password_hash: str) -> int:
        """Return the new session epoch. Raises HTTPForbidden where the session just ended."""
        epoch = self.identity.epoch + 1
        with self.request.registry["dashboard.dbsession_factory"].begin() as session:
            session.info[ACTOR] = self.identity.name
            throttle.clear(session, throttle.account_of(self.identity.name))
            changed = session.execute(
                update(User)
                .where(User.id == self.identity.id, User.session_epoch == self.identity.epoch)
                .values(password_hash=password_hash, session_epoch=epoch)
                .returning(User.id)
            ).first()
        if changed is None:
            raise HTTPForbidden("You were signed out meanwhile; your password is as it was.")
        return epoch

    def _page(self, errors: list[str]) -> dict[str, Any]:
        return {"name": self.identity.name, "role": self.identity.role, "errors": errors}

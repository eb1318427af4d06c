"""What is different on the pages where people are the host's."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import SessionCSRFStoragePolicy
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from dashboard.views.csrf import TOKEN
from dashboard.views.posted import local_path
from dashboard.views.problems import Problem, answer, wants_json


def sign_in(request: Request) -> Response:
    """Send a person on to where the host signs people in.

    A page's script asks here too, by HEAD, whether somebody is still signed in.
    """
    target = local_path(request.GET.get("next", "")) or request.paths.home()
    if request.identity is not None:
        return HTTPSeeOther(target)
    elsewhere = request.registry["dashboard.people"].sign_in(request, target)
    if wants_json(request):
        return Response(json_body={"user": None, "sign_in": elsewhere})
    if elsewhere is None:
        return answer(request, Problem(403, "Sign in to see this."))
    return HTTPSeeOther(elsewhere)


class PersonsTokens(SessionCSRFStoragePolicy):
    """A CSRF token for each person: the session stays when the host signs in another."""

    def new_csrf_token(self, request: Request) -> str:
        token: str = self._token_factory()
        request.session[self.key] = [_name(request), token]
        return token

    def get_csrf_token(self, request: Request) -> str:
        match request.session.get(self.key):
            case [name, str(token)] if name == _name(request):
                return token
        return self.new_csrf_token(request)


def _name(request: Request) -> Any:
    return None if request.identity is None else request.identity.name


def host_pages(config: Configurator) -> None:
    config.set_csrf_storage_policy(PersonsTokens(key=TOKEN))
    config.add_view(
        sign_in, route_name="sign-in", request_method="GET", permission=NO_PERMISSION_REQUIRED
    )

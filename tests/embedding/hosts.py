"""A host that says no to much, and is asked by cookie who somebody is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pyramid.config import Configurator
from pyramid.events import BeforeRender
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid.router import Router
from pyramid.security import NO_PERMISSION_REQUIRED, Denied
from sqlalchemy.orm import sessionmaker

from dashboard.models.engine import make_engine
from tests.support.server import STREAMING, Server, serving
from tests.support.shop import Customer, Order, Tag

ADMIN = ("ada", "admin")

Wish = Callable[[Configurator], None]


@dataclass
class Host:
    """``known`` are its people by the cookie ``who``; ``asked`` counts how often it was asked."""

    database: str
    known: dict[str, Any] = field(default_factory=lambda: {"1": ADMIN})
    failure: Exception | None = None
    asked: int = 0

    def __post_init__(self) -> None:
        self.engine = make_engine(self.database)
        self.sessions = sessionmaker(self.engine)

    def identify(self, request: Request) -> Any:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return self.known.get(request.cookies.get("who", ""))

    def make(self, *wishes: Wish, **settings: Any) -> Router:
        """Return the application. ``wishes`` say more to its Configurator, after the include."""
        given = {"environment": "development", "poll": 0.05, "heartbeat": 0.3, **settings}
        named = {f"dashboard.{name}": str(value) for name, value in given.items()}
        with Configurator(settings={"sqlalchemy.url": self.database, **named}) as config:
            own_ways(config)
            config.include("dashboard", route_prefix="/live")
            for model in (Tag, Customer, Order):
                config.add_live_model(model)
            for wish in wishes or (self.all_of_it,):
                wish(config)
            return config.make_wsgi_app()

    def all_of_it(self, config: Configurator) -> None:
        config.add_live_sessions(self.sessions)
        config.set_live_identity(
            self.identify, sign_in_url="/door?back={next}", account_url="/account"
        )

    @contextmanager
    def running(self, streaming: str = STREAMING, **settings: Any) -> Iterator[Server]:
        with serving(self.make(**settings), streaming=streaming) as server:
            yield server

    def close(self) -> None:
        self.engine.dispose()


class Refusing:
    """A security policy that nobody gets past."""

    def identity(self, request: Request) -> None:
        return None

    def authenticated_userid(self, request: Request) -> None:
        return None

    def permits(self, request: Request, context: Any, permission: str) -> Denied:
        return Denied("no")


def own_ways(config: Configurator) -> None:
    """Set up all that the program sets up for itself, and in another way."""
    config.set_security_policy(Refusing())
    config.set_default_permission("anything")
    config.set_default_csrf_options(require_csrf=True, token="anti_forgery")
    config.add_renderer("json", lambda info: lambda value, system: "the host's own JSON")
    config.add_request_method(lambda request: "the host's", "dbsession", reify=True)
    config.add_request_method(lambda request: "the host's", "paths", reify=True)
    config.add_subscriber(lambda event: event.update(site="the host's"), BeforeRender)
    config.set_root_factory(_no_root)
    config.add_tween("tests.embedding.hosts.reading_tween_factory")
    for name in ("home", "table", "stream", "static", "sign-in"):
        config.add_route(name, f"/{name}")
    config.add_route("livestock", "/livestock")
    for name in ("home", "livestock"):
        config.add_view(_page, route_name=name, permission=NO_PERMISSION_REQUIRED)
    config.add_notfound_view(_not_found)
    config.add_exception_view(_broken, context=ValueError)


def reading_tween_factory(handler: Any, registry: Any) -> Any:
    """Read every form before anybody else does."""

    def tween(request: Request) -> Response:
        if request.method == "POST":
            list(request.POST)
        return handler(request)

    return tween


def _no_root(request: Request) -> None:
    route = request.matched_route
    assert route is None or not route.name.startswith("dashboard"), "The host's root was asked."


def _page(request: Request) -> Response:
    return Response("the host's page")


def _not_found(error: HTTPNotFound, request: Request) -> Response:
    return Response("the host has no such page", status=404)


def _broken(error: ValueError, request: Request) -> Response:
    return Response(f"the host: {error}", status=500)

"""The pages and the streams, one module per family."""

from __future__ import annotations

from urllib.parse import quote

from pyramid.config import Configurator
from pyramid.request import Request

from dashboard.views.compiling import compile_one_at_a_time
from dashboard.views.paths import Paths

SIGNING_IN = ("account", "setup", "sign_in")
"""The modules by which the program's own people sign in."""


def paths(request: Request) -> Paths:
    return Paths(quote(request.script_name))


def includeme(config: Configurator) -> None:
    # An application that mounts the program may have set people of its own.
    own = "dashboard.people" not in config.registry
    config.include("pyramid_chameleon")
    compile_one_at_a_time()
    config.add_request_method(paths, reify=True)
    config.include("dashboard.views.security")
    config.include("dashboard.views.access")
    config.include("dashboard.views.csrf")
    config.include("dashboard.views.headers")
    config.include("dashboard.views.routes")
    config.include("dashboard.views.static")
    config.include("dashboard.views.layout")
    config.include("dashboard.views.websocket")
    config.include("dashboard.views.finders")
    for family in ("home", "boards", "tables", "records", "saved_views", "panels.rules"):
        config.include(f"dashboard.views.{family}")
    elsewhere = [] if own else [f"dashboard.views.{each}" for each in SIGNING_IN]
    config.scan("dashboard.views", ignore=[*elsewhere, "dashboard.views.edge"])
    config.include("dashboard.views.edge")

"""The pages and the streams, one module per family."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.request import Request

from dashboard.views.compiling import compile_one_at_a_time
from dashboard.views.paths import Paths


def paths(request: Request) -> Paths:
    return Paths(request.script_name)


def includeme(config: Configurator) -> None:
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
    config.scan("dashboard.views")

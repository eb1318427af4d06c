"""Live Dashboard: SQL records on a screen that is always true."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.router import Router

from dashboard.settings import Settings


def main(global_config: dict[str, str], **settings: Any) -> Router:
    """Return the WSGI application that ``pserve`` runs.

    ``settings`` is the ini file's ``[app:main]`` section; see docs/reference.md.
    """
    with Configurator(settings=settings) as config:
        config.include(program)
        return config.make_wsgi_app()


def includeme(config: Configurator) -> None:
    """Mount the program in another Pyramid application; see docs/embedding.md."""
    config.include("dashboard.embedding")


def program(config: Configurator) -> None:
    """Make the application: each package wires itself, in the order in which a change travels."""
    config.registry["dashboard.settings"] = Settings.from_mapping(config.get_settings())
    config.include("dashboard.models")
    config.include("dashboard.catalog")
    config.include("dashboard.changes")
    config.include("dashboard.queries")
    config.include("dashboard.streaming")
    config.include("dashboard.operations")
    config.include("dashboard.views")
    config.include("dashboard.forms")
    config.include("dashboard.demo")

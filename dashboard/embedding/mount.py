"""The program inside of a host: what the host has said, and what is made of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pyramid.config import Configurator, global_registries
from pyramid.exceptions import ConfigurationError
from pyramid.registry import Registry
from pyramid.router import Router
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from dashboard import program
from dashboard.changes import ACTOR, install, log
from dashboard.embedding.host import HostPeople, HostSite
from dashboard.embedding.pages import host_pages

OURS = ("dashboard.", "sqlalchemy.", "retry.")
"""Beginnings of the host's settings that are for the program too."""

RELOADING = ("pyramid.reload_assets", "pyramid.reload_templates")


class Mount:
    """What a host has said so far, and the application that comes of it."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.models: list[tuple[Any, dict[str, Any]]] = []
        self.sessions: list[sessionmaker[Any]] = []
        self.site: HostSite | None = None
        self.people: HostPeople | None = None
        self.app: Router | None = None

    def build(self, host: Router) -> None:
        """Make the application, once the host is whole.

        What it keeps in its registry is in the host's too, for views of the host's own.
        """
        config = Configurator(settings=self._settings(host.registry.settings))
        config.registry["dashboard.mounted"] = True
        if self.site is not None:
            self.people = config.registry["dashboard.people"] = HostPeople(self.site, host)
        with config:
            config.include(program)
            for model, options in self.models:
                config.add_live_model(model, **options)
            if self.people is not None:
                host_pages(config)  # Not included: what it sets is instead of the usual.
            self._follow_sessions(config.registry)
            self.app = config.make_wsgi_app()
        kept = {key: config.registry[key] for key in config.registry if key not in host.registry}
        host.registry.update(kept)
        # Who starts a shell means the host.
        global_registries.add(host.registry)

    def _follow_sessions(self, registry: Registry) -> None:
        engines = [_engine_of(sessions) for sessions in self.sessions]
        for at, sessions in enumerate(self.sessions):
            if engines[at] in engines[:at]:
                # Its changes would be logged twice.
                raise ConfigurationError("Two sessionmakers of add_live_sessions share an engine.")
            _follow(sessions, engines[at], registry)

    def _settings(self, given: dict[str, Any]) -> dict[str, Any]:
        settings = {key: given[key] for key in given if key.startswith(OURS) or key in RELOADING}
        settings.setdefault("dashboard.url", f"http://127.0.0.1:6543{self.prefix}")
        if not settings.get("sqlalchemy.url") and self.sessions:
            url = _engine_of(self.sessions[0]).url
            settings["sqlalchemy.url"] = url.render_as_string(hide_password=False)
        return settings


def _follow(sessions: sessionmaker[Any], engine: sa.Engine, registry: Registry) -> None:
    """Log what the host's sessions commit, and have open pages hear of it."""
    try:
        with engine.connect() as connection:
            epoch = log.head(connection).epoch
    except SQLAlchemyError as error:
        raise _elsewhere(engine) from error
    with registry["dashboard.reader"].connect() as connection:
        if log.head(connection).epoch != epoch:
            raise _elsewhere(engine)
    install(
        sessions,
        name_of=registry["dashboard.catalog"].captured_name,
        metadata=registry["dashboard.catalog"].metadata,
        publish=registry["dashboard.broadcaster"].publish,
        actor_of=_actor,
        backplane=registry["dashboard.backplane"],
    )


def _actor(session: Session) -> str | None:
    return session.info.get(ACTOR)


def _engine_of(sessions: sessionmaker[Any]) -> sa.Engine:
    engine = sessions.kw.get("bind")
    if not isinstance(engine, sa.Engine):
        raise ConfigurationError("Bind the sessionmaker of add_live_sessions to an engine.")
    return engine


def _elsewhere(engine: sa.Engine) -> ConfigurationError:
    return ConfigurationError(
        f"The sessions of add_live_sessions write to {engine.url}, and the program's tables aren't "
        "there: changes are logged in the transaction that makes them, so it has to be the "
        "database of sqlalchemy.url."
    )

"""The engine, the sessions and the program's own tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import zope.sqlalchemy
from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from dashboard.models import boards, log, people, setting  # noqa: F401 (mapped by being imported)
from dashboard.models.engine import engine_from_settings, reader_of
from dashboard.models.meta import Base
from dashboard.models.migrations import is_current, upgrade
from dashboard.settings import Settings

__all__ = ["Base", "reading"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@contextmanager
def reading(registry: Registry) -> Iterator[Session]:
    """Give a short session of its own that only reads; it takes no write lock on SQLite."""
    with registry["dashboard.dbsession_factory"](bind=registry["dashboard.reader"]) as session:
        yield session


def dbsession(request: Request) -> Session:
    """The request's session, ended by pyramid_tm: committed, or rolled back on an error.

    For a safe method it only reads, so that a page never waits for a writer on SQLite.
    """
    registry = request.registry
    bind = registry["dashboard.reader" if request.method in SAFE_METHODS else "dashboard.engine"]
    session = registry["dashboard.dbsession_factory"](bind=bind, info={"request": request})
    zope.sqlalchemy.register(session, transaction_manager=request.tm)
    return session


class NotMigrated(RuntimeError):
    """The database lacks the program's tables, or has an older version of them."""


def prepare(engine: Engine, settings: Settings) -> None:
    """Migrate the database in development; in production refuse one that isn't migrated."""
    if settings.development:
        upgrade(engine)
    elif not is_current(engine):
        raise NotMigrated(
            f"The database {engine.url.render_as_string()} is not migrated. "
            "Run `dashboard init INI` with this ini file, then start again."
        )


def includeme(config: Configurator) -> None:
    settings = config.get_settings()
    settings.setdefault("tm.manager_hook", "pyramid_tm.explicit_manager")
    settings.setdefault("tm.commit_veto", "pyramid_tm.default_commit_veto")
    # A transaction that PostgreSQL rolled back for another's sake (a deadlock, a serialisation
    # failure) has done nothing yet, so the whole request is made again.
    settings.setdefault("retry.attempts", 3)
    config.include("pyramid_retry")
    config.include("pyramid_tm")
    engine = engine_from_settings(settings)
    prepare(engine, config.registry["dashboard.settings"])
    config.registry["dashboard.engine"] = engine
    # A page and its cursor must be of one moment.
    limit = config.registry["dashboard.settings"].statement_timeout
    config.registry["dashboard.reader"] = reader_of(engine, limit)
    config.registry["dashboard.dbsession_factory"] = sessionmaker(bind=engine)
    config.add_request_method(dbsession, reify=True)

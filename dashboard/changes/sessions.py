"""Sessions whose commits are logged: capture is installed on their engine."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from dashboard.changes.backplanes import Backplane, backplane_of
from dashboard.changes.capture.capture import ActorOf, Capture, Publish
from dashboard.changes.capture.cascades import Cascades, MetadataOf, NameOf
from dashboard.changes.capture.tables import WatchedTables
from dashboard.changes.triggers.own import OwnNotes

ACTOR = "dashboard.actor"
"""The key of ``session.info`` that names who makes the session's changes."""


def install(
    sessions: sessionmaker[Any],
    *,
    name_of: NameOf | None = None,
    metadata: MetadataOf = tuple,
    publish: Publish | None = None,
    actor_of: ActorOf | None = None,
    backplane: Backplane | str | None = None,
) -> None:
    """Log what is committed through the engine that ``sessions`` is bound to.

    ``name_of`` gives a table's name in the log, or None for a table that isn't logged; without
    it every table but the program's own is logged under its own name. ``metadata`` returns those
    that live tables are in, for what the database cascades from those of one to those of another.
    ``publish`` gets the changes after the commit. ``actor_of`` tells who made them; without it that
    is ``session.info["dashboard.actor"]``. ``backplane``, or its URL, tells other processes, of
    which some serve the pages. Raises ValueError for an unbound sessionmaker, or a URL of no
    backplane.
    """
    engine = sessions.kw.get("bind")
    if not isinstance(engine, Engine):
        raise ValueError("Bind the sessionmaker to an engine before installing capture on it.")
    if isinstance(backplane, str):
        backplane = backplane_of(backplane, engine.url.render_as_string(hide_password=False))
    announce = None if backplane is None else backplane.announce
    name_of = name_of or _own_name
    tables = WatchedTables(name_of, Cascades(name_of, metadata, engine.dialect))
    notes = OwnNotes(tables.named)
    notes.listen(engine)
    capture = Capture(tables, publish, actor_of or _noted_actor, announce, notes.settle)
    capture.listen(engine, sessions)


def _own_name(table: sa.Table) -> str | None:
    return None if table.name.startswith("dashboard_") else table.fullname


def _noted_actor(session: Session) -> str | None:
    return session.info.get(ACTOR)

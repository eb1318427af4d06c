"""From a commit to its subscribers: capture, the change log and the broadcaster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from sqlalchemy import Engine, Table
from sqlalchemy.orm import Session

from dashboard.changes import log
from dashboard.changes.append import Appended
from dashboard.changes.backplanes import Backplane, backplane_of
from dashboard.changes.broadcaster import Broadcaster, resolve
from dashboard.changes.change import Change, Cursor, Head
from dashboard.changes.mailbox import Ended, Mailbox
from dashboard.changes.retention import Retention
from dashboard.changes.sessions import ACTOR, install
from dashboard.changes.subscription import Subscription
from dashboard.changes.triggers.mover import Mover
from dashboard.changes.triggers.moving import Moving
from dashboard.changes.triggers.noted import noted_tables
from dashboard.changes.triggers.wakers import waker_for
from dashboard.settings import Settings, SettingsError

LOCAL_POLL = 0.5
POLL = 2.0
"""Seconds between looks at the log, where no backplane tells of it and where one does."""

__all__ = [
    "ACTOR",
    "Backplane",
    "Broadcaster",
    "Change",
    "Cursor",
    "Ended",
    "Head",
    "Mailbox",
    "Subscription",
    "backplane_of",
    "broadcaster_of",
    "install",
    "open_backplane",
    "resolve",
]


def broadcaster_of(reader: Engine, *, queue_size: int = 10_000, poll: float = 0.5) -> Broadcaster:
    """Return a broadcaster of the log that ``reader``'s database holds."""

    def read_head() -> Head:
        with reader.connect() as connection:
            return log.head(connection)

    def read_log(after: int, through: int) -> list[Change]:
        with reader.connect() as connection:
            return log.read(connection, after, through)

    return Broadcaster(read_head, read_log, queue_size=queue_size, poll=poll)


def open_backplane(settings: Settings, engine: Engine) -> Backplane:
    """Return the backplane of the settings; raise SettingsError where it can't be that one."""
    database = engine.url.render_as_string(hide_password=False)
    try:
        return backplane_of(settings.backplane, database)
    except ImportError as error:
        raise SettingsError(f"dashboard.backplane needs a driver: {error}") from error
    except ValueError as error:
        raise SettingsError(f"dashboard.backplane: {error}") from error


def mover_of(
    engine: Engine,
    tables: Callable[[], Mapping[str, Table]],
    publish: Callable[[Sequence[Change]], None],
    backplane: Backplane,
) -> Mover:
    """Return what moves the notes of these tables' triggers, by their names in the log."""

    def published(appended: Appended) -> None:
        publish(appended.changes)
        backplane.announce(Cursor(appended.epoch, appended.changes[-1].seq))

    noted = noted_tables(tables)
    return Mover(Moving(engine, noted, published), lambda: waker_for(engine, noted))


def actor_of(session: Session) -> str | None:
    """Return who makes a session's changes: the request's user, or who was noted on it."""
    request = session.info.get("request")
    identity = None if request is None else request.identity
    return session.info.get(ACTOR) if identity is None else identity.name


def includeme(config: Configurator) -> None:
    registry = config.registry
    settings = registry["dashboard.settings"]
    backplane = open_backplane(settings, registry["dashboard.engine"])
    poll = settings.poll or (LOCAL_POLL if backplane.kind == "local" else POLL)
    broadcaster = broadcaster_of(
        registry["dashboard.reader"], queue_size=settings.queue_size, poll=poll
    )
    registry["dashboard.broadcaster"] = broadcaster
    registry["dashboard.backplane"] = backplane
    install(
        registry["dashboard.dbsession_factory"],
        name_of=registry["dashboard.catalog"].captured_name,
        metadata=registry["dashboard.catalog"].metadata,
        publish=broadcaster.publish,
        actor_of=actor_of,
        backplane=backplane,
    )
    config.add_subscriber(lambda event: backplane.listen(broadcaster.hear), ApplicationCreated)
    mover = mover_of(
        registry["dashboard.engine"],
        registry["dashboard.catalog"].captured_tables,
        broadcaster.publish,
        backplane,
    )
    registry["dashboard.mover"] = mover
    config.add_subscriber(lambda event: mover.start(), ApplicationCreated)
    retention = Retention(
        registry["dashboard.engine"], settings.retention_days, settings.retention_changes
    )
    registry["dashboard.retention"] = retention
    config.add_subscriber(lambda event: retention.start(), ApplicationCreated)

"""Backplanes: how one process tells the others that the log has more to read.

A backplane carries the head's cursor, and notes of who is present. Either is a hint: what it
loses is found by looking at the log every few seconds, and no commit fails or waits for it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from dashboard.changes.backplanes.backplane import LONGEST_NOTE, Backplane, Local, Remote

__all__ = ["LONGEST_NOTE", "Backplane", "Local", "Remote", "backplane_of"]


def backplane_of(url: str, database: str | None = None) -> Backplane:
    """Return the backplane that ``url`` names; nothing is connected before it's used.

    ``local`` tells nobody. A bare ``postgresql://`` is the program's own ``database``. Raises
    ValueError for what isn't a backplane, and ImportError where its driver isn't installed.
    """
    scheme = urlsplit(url).scheme.partition("+")[0]
    if url == "local":
        return Local()
    # A driver is imported where it is chosen: nobody needs those of the others.
    if scheme == "postgresql":
        from dashboard.changes.backplanes.postgresql import PostgresqlDriver

        own = url.partition("://")[2] == "" and database is not None
        return Remote(PostgresqlDriver(database if own and database else url))
    if scheme in ("redis", "rediss"):
        from dashboard.changes.backplanes.redis import RedisDriver

        return Remote(RedisDriver(url))
    if scheme in ("amqp", "amqps"):
        from dashboard.changes.backplanes.rabbitmq import RabbitmqDriver

        return Remote(RabbitmqDriver(url))
    raise ValueError(
        f"A backplane can't be {url.partition('://')[0]!r}: it is local, or an address that "
        "begins with postgresql://, redis:// or amqp://."
    )

"""The backplane by LISTEN and NOTIFY, on connections of its own.

NOTIFY isn't sent in the writer's transaction: there it would take a lock of the whole server at
the commit.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from dashboard.changes.backplanes.driver import CHANNEL, PATIENCE

KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": int(PATIENCE * 1000),
}


class PostgresqlDriver:
    """``url`` is as SQLAlchemy writes it, or libpq. Each channel's texts are heard there alone."""

    kind = "postgresql"

    def __init__(self, url: str, channel: str = CHANNEL) -> None:
        self._channel = channel
        plain = make_url(url).set(drivername="postgresql")
        self._address = plain.render_as_string(hide_password=False)

    def sender(self) -> PostgresqlSender:
        return PostgresqlSender(self._connect(), self._channel)

    def listener(self) -> PostgresqlListener:
        return PostgresqlListener(self._connect(), self._channel)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            self._address,
            autocommit=True,
            connect_timeout=int(PATIENCE),
            application_name="dashboard backplane",
            **KEEPALIVE,
        )


class PostgresqlSender:
    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], channel: str) -> None:
        self._connection = connection
        self._channel = channel
        try:
            # A NOTIFY goes out with its commit: don't wait until that is on the disk.
            connection.execute("SET synchronous_commit = off")
        except BaseException:
            connection.close()
            raise

    def send(self, text: str) -> None:
        self._connection.execute("SELECT pg_notify(%s, %s)", (self._channel, text))

    def close(self) -> None:
        self._connection.close()


class PostgresqlListener:
    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], channel: str) -> None:
        self._connection = connection
        try:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        except BaseException:
            connection.close()
            raise

    def receive(self, timeout: float) -> list[str]:
        found = self._connection.notifies(timeout=timeout, stop_after=1)
        return [each.payload for each in found]

    def close(self) -> None:
        self._connection.close()

"""A transaction that writes, for somebody who has to get the lock among many others."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import OperationalError

ASK = 0.01
"""Seconds after which SQLite is asked for its lock again. By itself it waits longer and longer, up
to a tenth of a second, and would seldom find the lock free among those who write all the time."""


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction, which is committed at the end."""
    with engine.connect() as connection, _begun(connection):
        yield connection


def _begun(connection: Connection) -> RootTransaction:
    if connection.dialect.name != "sqlite":
        return connection.begin()
    cursor = connection.connection.cursor()
    (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
    cursor.execute("PRAGMA busy_timeout = 0")
    deadline = time.monotonic() + patience / 1000
    try:
        while True:
            try:
                return connection.begin()
            except OperationalError as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            time.sleep(ASK * random.uniform(0.5, 1.5))
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {patience}")
        cursor.close()


def _is_busy(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY

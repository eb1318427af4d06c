"""The shop's tables with triggers on them, and what moves their notes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy import Engine

from dashboard.changes import Change, log
from dashboard.changes.append import Appended
from dashboard.changes.triggers.install import install
from dashboard.changes.triggers.look import Overtaken
from dashboard.changes.triggers.moving import Moving
from dashboard.changes.triggers.noted import NotedTables, noted_tables
from tests.support.shop import Base

TABLES: NotedTables = noted_tables(lambda: dict(Base.metadata.tables))


def install_all(engine: Engine) -> None:
    with engine.begin() as connection:
        for noted in TABLES().values():
            install(connection, noted)


def move_all(moving: Moving) -> None:
    """Move until there is nothing left."""
    while True:
        with suppress(Overtaken):
            if not moving.move():
                return


class Moved:
    """Moves what was noted, and keeps what was told of it."""

    def __init__(self, engine: Engine) -> None:
        self.told: list[Change] = []
        self._engine = engine
        self._moving = Moving(engine, TABLES, self._tell)

    def _tell(self, appended: Appended) -> None:
        self.told += appended.changes

    def move(self) -> list[Change]:
        """Move, and return the whole log."""
        move_all(self._moving)
        with self._engine.connect() as connection:
            return log.read(connection, 0, limit=1_000_000)


def brief(changes: Iterable[Change]) -> list[tuple[str, str, tuple[object, ...]]]:
    return [(change.op, change.table, change.key) for change in changes]

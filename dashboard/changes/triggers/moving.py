"""Moving: notes become changes of the log, piece by piece, and those who listen are told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Connection, Engine, func, select

from dashboard.changes.append import Appended, Log
from dashboard.changes.triggers.chains import Group
from dashboard.changes.triggers.look import Overtaken, look, write
from dashboard.changes.triggers.noted import NotedTables
from dashboard.changes.triggers.notes import Tables, any_notes, take
from dashboard.models.engine import is_away, is_contention, reader_of

logger = logging.getLogger(__name__)

LOOK = 10_000
"""Notes that are read at once."""

PIECE = 500
"""Notes of which changes are made in one transaction: on SQLite nobody else writes meanwhile."""

MOVER = 0x6D6F7665
"""The advisory lock of the one process that moves."""

Published = Callable[[Appended], None]


class Moving:
    """Moves what there is. ``published`` is given what was appended, after the commit."""

    def __init__(self, engine: Engine, tables: NotedTables, published: Published) -> None:
        self._engine = engine
        self._reader = reader_of(engine)
        self._tables = tables
        self._log = Log(engine.dialect)
        self._unreadable: set[str] = set()
        self._published = published

    def move(self) -> int:
        """Move the notes that there are now, but at most those of one look; return how many.

        None are moved where another process is at it.
        """
        tables = self._tables()
        with self._reader.connect() as connection:
            if not any_notes(connection, tables):
                return 0
        with self._engine.connect() as lock:
            if not _alone(lock):
                return 0
            try:
                return self._move(tables)
            except Overtaken:
                return 1  # There is more to do.

    def move_all(self) -> int:
        """Move until there is nothing left; return how many notes there were."""
        moved = 0
        while found := self.move():
            moved += found
        return moved

    def _move(self, tables: Tables) -> int:
        groups = self._look(tables)
        for piece in pieces(groups):
            self._write(piece)
        return sum(len(group.ids) for group in groups)

    def _look(self, tables: Tables) -> list[Group]:
        """Look at the notes; a table that can't be read doesn't keep the others from it."""
        try:
            with self._reader.connect() as connection:
                return look(connection, tables, LOOK)
        except Exception as error:
            if is_away(error):
                raise
            if len(tables) == 1:
                self._complain(*tables)
                return []
        groups = [self._look({name: noted}) for name, noted in tables.items()]
        return sorted((one for some in groups for one in some), key=lambda group: group.ids[-1])

    def _complain(self, table: str) -> None:
        if table not in self._unreadable:
            logger.exception("%s can't be read, so its notes have to wait.", table)
        self._unreadable.add(table)

    def _write(self, piece: Sequence[Group]) -> None:
        """Log a piece; one that the log refuses doesn't keep the others from it."""
        try:
            with self._engine.begin() as connection:
                appended = write(connection, self._log, piece)
        except Overtaken:
            raise
        except Exception as error:
            if is_away(error) or is_contention(error):
                raise
            self._write_what_can_be(piece, error)
        else:
            if appended is not None:
                self._published(appended)

    def _write_what_can_be(self, piece: Sequence[Group], error: Exception) -> None:
        if len(piece) > 1:
            for group in piece:
                self._write([group])
            return
        logger.error("Notes %s can't be logged and are dropped.", piece[0].ids, exc_info=error)
        with self._engine.begin() as connection:
            if not take(connection, piece[0].ids):
                raise Overtaken


def _alone(connection: Connection) -> bool:
    """Tell whether nobody else moves until ``connection``'s transaction ends."""
    if connection.dialect.name != "postgresql":
        return True  # Whoever is overtaken looks again.
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(MOVER))).scalar())


def pieces(groups: Sequence[Group]) -> Iterator[list[Group]]:
    """Yield some groups at a time, about PIECE notes; a transaction stays in one piece."""
    piece: list[Group] = []
    size = 0
    for group in groups:
        if piece and size + len(group.ids) > PIECE:
            yield piece
            piece, size = [], 0
        piece.append(group)
        size += len(group.ids)
    if piece:
        yield piece

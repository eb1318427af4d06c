"""Moving: notes become changes of the log, piece by piece, and those who listen are told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from dashboard.changes.append import Appended, Log
from dashboard.changes.pace import Pace
from dashboard.changes.triggers.chains import Group
from dashboard.changes.triggers.look import Overtaken, Piece, look, prepare, write
from dashboard.changes.triggers.noted import NotedTables
from dashboard.changes.triggers.notes import Tables, take
from dashboard.changes.triggers.writing import writing
from dashboard.models.engine import is_away, reader_of

logger = logging.getLogger(__name__)

LOOK = 5_000
"""Notes that are read at once."""

TOO_LARGE = "54"
"""The class of PostgreSQL's SQLSTATEs for what is larger than it can store."""

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
        self._pace = Pace(engine.dialect.name)

    def move(self) -> int:
        """Move the notes that there are now, but at most those of one look; return how many.

        Raise Overtaken where somebody else has been at the same notes: there is more to do then.
        """
        groups = self._look(self._tables())
        for piece in pieces(groups, lambda: self._pace.rows):
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

    def _write(self, groups: Sequence[Group]) -> None:
        """Log some groups; one that the log refuses doesn't keep the others from it."""
        try:
            piece = prepare(self._log, groups)
            self._log_piece(piece)
        except Exception as error:
            if isinstance(error, Overtaken) or not is_of_data(error):
                raise
            self._write_what_can_be(groups, error)

    def _log_piece(self, piece: Piece) -> None:
        with writing(self._engine) as connection:
            began = time.perf_counter()
            numbers = write(connection, self._log, piece)
            held = time.perf_counter() - began
        if piece.changes and numbers:
            self._published(piece.changes.numbered(*numbers))
        time.sleep(self._pace.held(len(piece.ids), held))

    def _write_what_can_be(self, groups: Sequence[Group], error: Exception) -> None:
        if len(groups) > 1:
            for group in groups:
                self._write([group])
            return
        logger.error("Notes %s can't be logged and are dropped.", groups[0].ids, exc_info=error)
        with self._engine.begin() as connection:
            if not take(connection, groups[0].ids):
                raise Overtaken


def is_of_data(error: Exception) -> bool:
    """Tell what will never be stored from what keeps anything from being stored, as a full disk."""
    if not isinstance(error, DBAPIError):
        return True
    state = getattr(error.orig, "sqlstate", None) or ""
    return isinstance(error, DataError | IntegrityError) or state.startswith(TOO_LARGE)


def pieces(groups: Sequence[Group], most: Callable[[], int]) -> Iterator[list[Group]]:
    """Yield some groups at a time, about ``most`` notes; a transaction stays in one piece."""
    piece: list[Group] = []
    size = 0
    for group in groups:
        if piece and size + len(group.ids) > most():
            yield piece
            piece, size = [], 0
        piece.append(group)
        size += len(group.ids)
    if piece:
        yield piece

"""What one transaction may have changed: its rows as they were before it touched them.

Every row that a statement may touch is read before the statement runs, unless it was read
before. At the commit the rows are read again, and what differs has changed. So the log says
what the database holds, whatever computed it, and a savepoint that was rolled back needs no
care: its rows are as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.catalog.values import PLAIN, to_json
from dashboard.changes.capture.cascades import Cascade
from dashboard.changes.capture.tables import WatchedTables
from dashboard.changes.capture.watched import Key, Row, Watched
from dashboard.changes.change import JsonRow

Visit = tuple[tuple[sa.Column[Any], ...], Key]
"""The columns of a reference, and a value that they refer to."""


class Difference(NamedTuple):
    """A record whose stored values differ from those before the transaction.

    ``actor`` and ``at`` are set where it is another's, who isn't there to be asked.
    """

    table: str
    key: tuple[Any, ...]
    before: JsonRow | None
    after: JsonRow | None
    actor: str | None = None
    at: datetime | None = None


class Pending:
    """The touched rows of one connection's open transaction."""

    def __init__(self, tables: WatchedTables) -> None:
        self._tables = tables
        self._before: dict[Watched, dict[Key, Row | None]] = {}
        self._known_keys: dict[Watched, set[Key]] = {}
        self._highest: dict[Watched, int] = {}
        self._everything: set[Watched] = set()

    def touch(self, watched: Watched, rows: Iterable[Row]) -> list[Row]:
        """Note rows as they are now, unless they were noted before; return the rows."""
        noted = self._before.setdefault(watched, {})
        found = list(rows)
        for row in found:
            key = watched.key_of(row)
            noted.setdefault(key, None if self._is_new(watched, key) else row)
        return found

    def _is_new(self, watched: Watched, key: Key) -> bool:
        """Tell whether a row was added by a statement that didn't tell its key."""
        if watched in self._everything:
            return True  # All that was there before is noted.
        if watched in self._highest:
            return bool(key[0] > self._highest[watched])
        return watched in self._known_keys and key not in self._known_keys[watched]

    def touch_new(self, watched: Watched, keys: Iterable[Key]) -> None:
        """Note keys that had no row; one that was noted before keeps what was noted."""
        noted = self._before.setdefault(watched, {})
        for key in keys:
            noted.setdefault(key, None)

    def touch_keys(self, connection: Connection, watched: Watched, keys: list[Key]) -> list[Row]:
        """Note what these keys have now, if anything; return the rows as they are noted."""
        self.touch(watched, watched.fetch(connection, self._unnoted(watched, keys)))
        self.touch_new(watched, keys)
        return self._noted(watched, keys)

    def _unnoted(self, watched: Watched, keys: Iterable[Key]) -> list[Key]:
        noted = self._before.get(watched, {})
        return [key for key in keys if key not in noted]

    def _noted(self, watched: Watched, keys: Iterable[Key]) -> list[Row]:
        """Return the noted rows of these keys, where there was a row."""
        rows = self._before.get(watched, {})
        return [row for key in keys if (row := rows.get(key)) is not None]

    def touch_everything(self, connection: Connection, watched: Watched) -> None:
        """Note the whole table: for a statement that doesn't tell which rows it will change."""
        if watched not in self._everything:
            self.touch(watched, watched.rows(connection, watched.select(None), {}))
            self._everything.add(watched)

    def expect_inserts(self, connection: Connection, watched: Watched) -> None:
        """Note what there is: for an INSERT that doesn't tell which keys it will add."""
        if watched.rowid is None or connection.dialect.name != "sqlite":
            self.expect_new_keys(connection, watched)
        elif watched not in self._highest and watched not in self._known_keys:
            # SQLite's next row id is above the highest that there is.
            self._before.setdefault(watched, {})
            highest = connection.execute(sa.select(sa.func.max(watched.rowid))).scalar()
            self._highest[watched] = -(2**63) if highest is None else highest

    def expect_new_keys(self, connection: Connection, watched: Watched) -> None:
        """Note every key that there is: for a statement after which there may be any others."""
        if watched not in self._known_keys and watched not in self._everything:
            self._before.setdefault(watched, {})
            self._known_keys[watched] = set(_all_keys(connection, watched))

    def touch_cascades(
        self,
        connection: Connection,
        watched: Watched,
        rows: list[Row],
        deleting: bool,
        visited: set[Visit] | None = None,
    ) -> None:
        """Note the rows that the database will change by itself along with ``rows``."""
        # References may go in a circle, so one statement follows each referred value once.
        visited = set() if visited is None else visited
        for cascade in self._tables.cascades(watched.table):
            if not (cascade.on_delete if deleting else cascade.on_update):
                continue
            child = self._tables.of(cascade.child)
            found = self.touch(child, _dependents(connection, child, cascade, rows, visited))
            if found and not deleting and set(cascade.columns) & set(child.key):
                self.expect_new_keys(connection, child)
            if found and (cascade.deletes or not deleting):
                self.touch_cascades(connection, child, found, deleting, visited)

    def differences(self, connection: Connection) -> Iterator[Difference]:
        """Read the touched rows again and yield those that differ, in the order of touching."""
        for watched, noted in self._before.items():
            if watched.name is None:
                continue
            keys = [*noted, *self._found_keys(connection, watched)]
            # What is the transaction's own is locked already, so nothing else is to be.
            rows = watched.fetch(connection, keys, lock=False)
            stored = {watched.key_of(row): row for row in rows}
            for key in dict.fromkeys([*noted, *stored]):
                before = _public(watched, noted.get(key))
                after = _public(watched, stored.get(key))
                if before != after:
                    yield Difference(watched.name, tuple(map(to_json, key)), before, after)

    def _found_keys(self, connection: Connection, watched: Watched) -> Iterator[Key]:
        """Yield keys that weren't there before, for statements that don't tell theirs."""
        if watched in self._everything or watched in self._known_keys:
            known = self._known_keys.get(watched, set()) | self._before[watched].keys()
            yield from (key for key in _all_keys(connection, watched) if key not in known)
        elif watched in self._highest and watched.rowid is not None:
            new = sa.select(watched.rowid).where(watched.rowid > self._highest[watched])
            yield from (tuple(row) for row in connection.execute(new))


def _dependents(
    connection: Connection,
    child: Watched,
    cascade: Cascade,
    rows: list[Row],
    visited: set[Visit],
) -> Iterator[Row]:
    """Read the child rows that refer to ``rows``, but for those that were visited."""
    values = []
    for row in rows:
        key = tuple(row[name] for name in cascade.referred)
        visit = (cascade.columns, key)
        if visit not in visited and None not in key:
            visited.add(visit)
            values.append(key)
    return child.fetch_by(connection, cascade.columns, values)


def _all_keys(connection: Connection, watched: Watched) -> Iterator[Key]:
    yield from (tuple(row) for row in connection.execute(sa.select(*watched.key)))


def _public(watched: Watched, row: Row | None) -> JsonRow | None:
    if row is None:
        return None
    # Most values are what JSON has too, and every commit waits for this.
    return {
        name: value if type(value := row[name]) in PLAIN else to_json(value)
        for name in watched.public
    }

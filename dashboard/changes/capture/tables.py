"""The tables whose rows capture looks at."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from dashboard.changes.capture.cascades import Cascade, Cascades, NameOf
from dashboard.changes.capture.watched import Watched


class WatchedTables:
    """Finds the Watched of a statement's table. ``name_of`` tells which tables are live."""

    def __init__(self, name_of: NameOf, cascades: Cascades) -> None:
        self._name_of = name_of
        self._cascades = cascades
        self._watched: dict[sa.Table, Watched] = {}

    def of_written(self, written: Any) -> Watched | None:
        """Return the Watched of what a DML statement writes to, None where nobody looks at it."""
        # An ORM statement's table is an annotated copy; the real one is in the metadata.
        metadata = getattr(written, "metadata", None)
        table = None if metadata is None else metadata.tables.get(written.key)
        if table is None:
            return None
        watched = self.of(table)
        return watched if watched.name is not None or self.cascades(table) else None

    def of(self, table: sa.Table) -> Watched:
        watched = self._watched.get(table)
        if watched is None:
            watched = self._watched[table] = Watched(table)
        if watched.name is None:  # It may have got one meanwhile.
            watched.name = self._name_of(table)
        return watched

    def named(self, fullname: str) -> Watched | None:
        """Return the table of this name in the database, if it or one beside it was seen."""
        for metadata in {table.metadata for table in self._watched}:
            table = metadata.tables.get(fullname)
            if table is not None:
                return self.of(table)
        return None

    def cascades(self, table: sa.Table) -> list[Cascade]:
        """Return what the database does by itself to rows that refer to ``table``'s."""
        return self._cascades.of(table)

    def referred(self, table: sa.Table) -> set[str]:
        """Return ``table``'s columns whose new values the database may carry to other rows."""
        return {name for each in self.cascades(table) for name in each.referred}

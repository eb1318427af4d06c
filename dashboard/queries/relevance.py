"""Whether a change can alter what a query shows, told from the change alone.

The answer is no only where that's certain: where neither the old nor the new row can satisfy the
filters, or where nothing that the query uses is different. Everything doubtful is a yes, which
costs an evaluation; a wrong no would leave a page that isn't true.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.catalog import Column, ForeignKey, Table, VisibleCatalog
from dashboard.changes import Change
from dashboard.queries.certainty import UNCERTAIN, fails
from dashboard.queries.query import TableQuery

JsonRow = Mapping[str, Any]


class Relevance:
    """Tells of changes whether they can alter the result of ``query``."""

    def __init__(self, query: TableQuery, catalog: VisibleCatalog) -> None:
        self._query = query
        self._own = _own_columns(query)
        self._referred = _referred_columns(query, catalog)

    def touched_by(self, change: Change) -> bool:
        """Tell whether the result may differ after ``change``, a change of any table."""
        # A table may refer to itself: its rows are then shown, and what shown rows refer to.
        if change.table == self._query.table.name and self._own_touched(change):
            return True
        used = self._referred.get(change.table)
        return used is not None and differs_in(change, used)

    def _own_touched(self, change: Change) -> bool:
        rows = [row for row in (change.before, change.after) if row is not None]
        # Where a page begins may depend on a record that fails its filters.
        if not self._query.cut and all(self.excludes(row) for row in rows):
            return False
        return differs_in(change, self._own)

    def excludes(self, row: JsonRow) -> bool:
        """Tell whether a row of the table certainly fails the filters, which must all hold."""
        return any(
            fails(each, row.get(each.field.column.name, UNCERTAIN))
            for each in self._query.filters
            if each.field.through is None
        )


def _own_columns(query: TableQuery) -> dict[str, Column]:
    """Return the columns of the query's own table that its result depends on."""
    used = [each.through or each.column for each in (*query.fields, *query.searched)]
    # A cell that names a record along with others links to it.
    composites = (query.table.composites.get(each.column.name) for each in query.columns)
    used += [each for key in composites if key is not None for each in key.columns]
    if query.search:
        used += query.table.references
    return {each.name: each for each in used}


def _referred_columns(query: TableQuery, catalog: VisibleCatalog) -> dict[str, dict[str, Column]]:
    """Return the columns of each referred table that the result depends on."""
    fields = (*query.fields, *query.searched)
    uses = [(each.through, each.column) for each in fields if each.through is not None]
    for reference in (*query.labelled, *(query.table.references if query.search else ())):
        table = catalog.referred(reference)
        uses += [] if table is None else [(reference, each) for each in called_by(table)]
    found: dict[str, dict[str, Column]] = {}
    for reference, column in uses:
        table = catalog.referred(reference)
        if table is not None and reference.reference is not None:
            used = found.setdefault(table.name, {})
            used[column.name] = column
            # Which row is referred to changes with this one.
            target = table.column(reference.reference.column)
            if target is not None:
                used[target.name] = target
    return found


def called_by(table: Table) -> list[Column]:
    """Return the columns that decide what a record is called: its labels, or else its key."""
    labels = (table.column(name) for name in table.label_columns)
    return [*table.key, *(each for each in labels if each is not None)]


def labelling(key: ForeignKey, referred: Table) -> dict[str, Column]:
    """Return the columns that decide which record a key names, and what that is called."""
    used = [*called_by(referred), *map(referred.column, key.referred)]
    return {each.name: each for each in used if each is not None}


def differs_in(change: Change, columns: Mapping[str, Column]) -> bool:
    """Tell whether a row came, went, or may be different in any of ``columns``."""
    before, after = change.before, change.after
    if before is None or after is None:
        return True
    return any(
        _may_differ(column, before.get(name, UNCERTAIN), after.get(name, UNCERTAIN))
        for name, column in columns.items()
    )


def _may_differ(column: Column, before: Any, after: Any) -> bool:
    if before is UNCERTAIN or after is UNCERTAIN:
        return True
    # JSON's null and no value at all look alike; what of other types is lost nobody knows.
    if column.kind in ("json", "other"):
        return True
    # Long durations lose their microseconds in a JSON number.
    if column.kind == "interval" and isinstance(after, float) and abs(after) > 1e9:
        return True
    # 1 and True, 0.0 and -0.0 are equal, and read differently.
    return repr(before) != repr(after)

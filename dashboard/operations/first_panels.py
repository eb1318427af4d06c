"""What a first board shows of a table: figures, a course of time, categories, the newest rows.

Each question is asked before its panel is proposed: what the database can't answer in a moment,
and what wouldn't say anything, gets none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard.operations import columns
from dashboard.operations.asking import Asking
from dashboard.operations.reflected_indexes import indexes_of
from dashboard.operations.serving import LARGE, need_of, serves
from dashboard.operations.spans import Span
from dashboard.operations.survey import Surveyed
from dashboard.operations.words import inside
from dashboard.queries import Field, Group, Measure, QueryError, TableQuery, fetch_page
from dashboard.queries.grammar import default_sort, pairs_of, parse_query, to_text
from dashboard.queries.query import GroupSort, Sort

Values = dict[str, Any]
"""A panel's columns but for where it stands, which is the board's affair."""

COUNT = Measure("count")
ROWS = 10
MOST_COLUMNS = 7
"""Columns of the newest rows that have room beside one another."""

CATEGORIES = 2
RING = 6
"""A ring of more parts can't be read; they are bars."""

PERIODS = {
    "hour": "{} in the newest hour",
    "day": "{} on the newest day",
    "week": "{} in the newest week",
    "month": "{} in the newest month",
    "year": "{} in the newest year",
}


def tiles(asking: Asking, each: Surveyed) -> Iterator[Values]:
    """Propose how many rows there are, how many came last, and a figure of them."""
    table = each.table
    timed = _timed(asking, each)
    trend = None if timed is None else f"{timed.column.name}:{timed.bucket}"
    every = TableQuery(table, measures=(COUNT,))
    yield from _panel(asking, every, table.label, kind="tile", trend=trend)
    if timed is not None:
        of_period = every.but(groups=(Group(Field(timed.column), timed.period),))
        title = PERIODS[timed.period].format(table.label)
        yield from _panel(asking, of_period, title, kind="tile")
    measure = columns.figure(asking, table)
    if measure is not None and measure.field is not None:
        start = "Average" if measure.function == "avg" else "Sum of"
        title, unit = f"{start} {inside(measure.field.label)}", measure.field.column.unit
        query = every.but(measures=(measure,))
        yield from _panel(asking, query, title, kind="tile", unit=unit, trend=trend)


def course(asking: Asking, each: Surveyed) -> Iterator[Values]:
    """Propose a line of how many rows there are by the newest time."""
    timed = _timed(asking, each)
    if timed is not None:
        steps = (Group(Field(timed.column), timed.bucket),)
        query = TableQuery(each.table, measures=(COUNT,), groups=steps)
        title = f"{each.table.label} per {timed.bucket}"
        yield from _panel(asking, query, title, kind="chart", chart="line")


def categories(asking: Asking, each: Surveyed) -> Iterator[Values]:
    """Propose how many rows there are of each value of the columns that are best for that."""
    found = 0
    for column in columns.categories(each.table):
        groups = (Group(Field(column)),)
        query = TableQuery(each.table, measures=(COUNT,), groups=groups)
        query = query.but(group_sort=(GroupSort(COUNT, descending=True),))
        parts = columns.parts(asking, query, each.size)
        if parts:
            title = f"{each.table.label} by {inside(column.label)}"
            chart = "donut" if parts <= RING else "bar"
            proposed = [*_panel(asking, query, title, kind="chart", chart=chart)]
            yield from proposed
            found += len(proposed)
        if found == CATEGORIES:
            return


def newest_rows(asking: Asking, each: Surveyed) -> Iterator[Values]:
    """Propose a table of the rows that came last, as far as that can be told in a moment."""
    table = each.table
    newest = None if each.newest is None else each.newest.column
    shown = columns.shown(table, newest, MOST_COLUMNS)
    every = TableQuery(
        table,
        columns=tuple(map(Field, shown)),
        chosen=len(shown) < len(table.shown_columns),
        size=ROWS,
        usual_size=ROWS,
    )
    for sort in _newest_first(each):
        title = f"{'Newest' if sort else 'Some'} {inside(table.label)}"
        query = every.but(sort=sort or default_sort(table))
        if sort and not _is_served(asking, query, each.size):
            continue
        proposed = next(_panel(asking, query, title, kind="table"), None)
        if proposed is not None:
            yield proposed
            return


def _is_served(asking: Asking, query: TableQuery, rows: int) -> bool:
    """Tell whether a query can be asked again and again: of many rows only with an index."""
    need = need_of(query)
    if need is None or rows <= LARGE:
        return True
    indexes = asking.ask(lambda session: indexes_of(session.connection(), query.table))
    return any(serves(index, need) for index in indexes or ())


def _newest_first(each: Surveyed) -> Iterator[tuple[Sort, ...]]:
    """Yield orders in which the newest rows come first, the best one first; at last any order."""
    if each.newest is not None:
        yield (Sort(Field(each.newest.column), descending=True),)
    if len(each.table.key) == 1 and each.table.key[0].kind == "integer":
        yield (Sort(Field(each.table.key[0]), descending=True),)
    yield ()


def _timed(asking: Asking, each: Surveyed) -> Span | None:
    """Return the newest time where there's a course of it, and the grammar has a name for that."""
    span = each.newest
    if span is None or span.first == span.last:
        return None
    for bucket in (span.bucket, span.period):
        group = Group(Field(span.column), bucket)
        if not _is_said(asking, TableQuery(each.table, measures=(COUNT,), groups=(group,))):
            return None
    return span


def _panel(asking: Asking, query: TableQuery, title: str, **values: Any) -> Iterator[Values]:
    """Yield the panel of a query, if its text says it and the database answers."""
    if _is_said(asking, query) and _is_answered(asking, query):
        text = to_text(query)
        yield {"title": title[:200], "table_name": query.table.name, "query": text, **values}


def _is_said(asking: Asking, query: TableQuery) -> bool:
    """Tell whether a query's text means it: a column may be called what means something else."""
    try:
        pairs = pairs_of(to_text(query))
        return parse_query(query.table, pairs, query.usual_size, asking.catalog) == query
    except QueryError:
        return False


def _is_answered(asking: Asking, query: TableQuery) -> bool:
    if query.aggregated:
        return asking.groups(query) is not None
    return asking.ask(lambda session: fetch_page(session, query, asking.catalog)) is not None

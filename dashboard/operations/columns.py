"""What a table's columns are good for on a board: categories, figures, what to read first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dashboard.catalog import Column, Table
from dashboard.operations.asking import Asking
from dashboard.queries import Field, Measure, TableQuery
from dashboard.queries.aggregates import SUMMED_KINDS

MOST_LOOKS = 12
"""Columns of a table that are looked at before the board does without more."""

MOST_VALUES = 12
MOST_REFERRED = 1000

RANK = {"choice": 0, "text": 1, "longtext": 1, "boolean": 2, "integer": 4}
"""Which kinds of columns make categories, the best first."""

REFERENCE_RANK = 3

ADDED = re.compile(r"amount|total|sum|qty|quantity|cost|revenue|sales|paid|bytes|units", re.I)
"""Names of what is worth adding up. Of anything else an average says more."""

NO_FIGURE = re.compile(
    r"(^|[ _])(id|code|no|nr|num|number|key|zip|postcode|phone|fax|year|month|day|lat|lon|lng|"
    r"latitude|longitude|version|position|sort|rank|order|seq)$",
    re.I,
)
"""Names of numbers that stand for something, or for a place: they aren't added up."""


def categories(table: Table) -> Sequence[Column]:
    """Return the columns of which a few values may be shared by all rows, the best first."""
    candidates = [each for each in table.public_columns if _may_be_category(each, table)]
    return sorted(candidates, key=_rank)[:MOST_LOOKS]


def _may_be_category(column: Column, table: Table) -> bool:
    alone = column.sql.unique or (column.primary_key and len(table.key) == 1)
    known = column.reference or column.choices or column.kind in RANK
    return bool(known) and not alone


def _rank(column: Column) -> int:
    if column.reference:
        return REFERENCE_RANK
    return 0 if column.choices else RANK.get(column.kind, REFERENCE_RANK)


def parts(asking: Asking, query: TableQuery, rows: int) -> int:
    """Return how many groups a query of one column has; 0 if they'd say nothing, or too much."""
    column = query.groups[0].field.column
    groups = asking.groups(query.but(size=MOST_REFERRED if column.reference else MOST_VALUES))
    if groups is None or groups.more or len(groups.rows) < 2:
        return 0
    listed = column.choices or column.kind == "boolean"
    shared = listed or 2 * len(groups.rows) <= rows
    return len(groups.rows) if shared else 0


def figure(asking: Asking, table: Table) -> Measure | None:
    """Return the sum or the average that says most of a table, None where there's no such."""
    candidates = sorted(filter(_may_be_figure, table.public_columns), key=_figure_rank)
    for column in candidates[:MOST_LOOKS]:
        field = Field(column)
        measures = (Measure("min", field), Measure("max", field))
        least, most = asking.figures(TableQuery(table, measures=measures))
        # A number that is 0 or 1 is a yes or no.
        flag = column.kind == "integer" and (least, most) == (0, 1)
        if least is not None and least != most and not flag:
            return Measure("sum" if ADDED.search(column.name) else "avg", field)
    return None


def _may_be_figure(column: Column) -> bool:
    named = column.primary_key or column.reference or column.sql.foreign_keys or column.choices
    return column.kind in SUMMED_KINDS and not named and not NO_FIGURE.search(column.name)


def _figure_rank(column: Column) -> tuple[bool, bool]:
    return not ADDED.search(column.name), column.kind != "number"


def shown(table: Table, wanted: Column | None, most: int) -> list[Column]:
    """Return at most so many of the columns that are shown, ``wanted`` among them."""
    few = [*table.shown_columns[:most]]
    if wanted is not None and wanted in table.shown_columns and wanted not in few:
        few[-1] = wanted
    return few

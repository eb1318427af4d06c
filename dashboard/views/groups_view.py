"""The live view of an aggregated query's page: a table of groups and their figures."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from dashboard.catalog import Column
from dashboard.catalog.values import NUMBERS, enum_text, from_json, to_text
from dashboard.changes import Change
from dashboard.queries import Group, GroupRow, Groups, Measure, QueryError, Total, fetch_groups
from dashboard.queries.buckets import bucket_end
from dashboard.queries.difference import difference
from dashboard.queries.grammar import parse_query, to_pairs
from dashboard.queries.groups import Unsayable
from dashboard.queries.live import Operation
from dashboard.queries.names import parameter
from dashboard.views.cells import Cell, Row, align, printable, tone
from dashboard.views.fragments import render_macro
from dashboard.views.query_view import QueryView
from dashboard.views.table_view import render_row

Pair = tuple[str, str]

DECIMALS = 2
"""Digits after the point of a figure on the page; its title has them all."""


@dataclass(frozen=True, slots=True)
class GroupsState:
    """What the page shows."""

    rows: tuple[Row, ...]
    total: Total


class GroupsView(QueryView):
    """One aggregated query's page. A row is a group, and leads to the rows that it is of."""

    def load(self, session: Session) -> GroupsState:
        return self.state(fetch_groups(session, self.query, self.catalog))

    def state(self, groups: Groups) -> GroupsState:
        rows: dict[str, Row] = {}
        for each in groups.rows:
            # Values that the database tells apart may be one in JSON.
            key = text = json.dumps(each.key)
            for number in range(2, len(rows) + 2):
                if key not in rows:
                    break
                key = f"{text} {number}"
            rows[key] = Row(key, self._rows_href(each), tuple(self._cells(each)))
        return GroupsState(tuple(rows.values()), Total(len(rows), groups.more))

    def _cells(self, row: GroupRow) -> Iterator[Cell]:
        for group, value, label in zip(self.query.groups, row.key, row.labels, strict=True):
            yield group_cell(group, value, label)
        for measure, figure in zip(self.query.measures, row.values, strict=True):
            yield figure_cell(measure, figure)

    def _rows_href(self, row: GroupRow) -> str | None:
        """Return the address of a group's rows, None where no query string can name them."""
        pairs = [(each.name, each.text) for each in self.query.filters]
        if self.query.search:
            pairs.append(("_search", self.query.search))
        try:
            for group, value in zip(self.query.groups, row.key, strict=True):
                pairs += group_pairs(group, value)
            query = parse_query(self.table, pairs, self.query.usual_size, self.catalog)
        except (QueryError, ValueError, OverflowError):
            return None
        return self.href(query)

    def difference(
        self, old: GroupsState, new: GroupsState, changes: Sequence[Change]
    ) -> list[Operation]:
        before, after = ({row.key: row for row in each.rows} for each in (old, new))
        return difference(before, after, render_row)

    def whole(self, state: GroupsState) -> list[Operation]:
        html = render_macro("macros/row.pt", "rows", rows=state.rows)
        return [{"op": "html", "target": "rows", "html": html}]

    def totals(self, state: GroupsState) -> dict[str, Any]:
        return {"total": state.total.count, "total_text": str(state.total)}

    def without(self, name: str, text: str) -> str:
        """Return the address of the query without one of its ``_by``s or ``_agg``s."""
        sorts = ("_sort", "_sort_desc")
        pairs = [
            pair
            for pair in to_pairs(self.query)
            if pair != (name, text) and not (pair[0] in sorts and pair[1] == text)
        ]
        if not any(each in ("_by", "_agg") for each, _ in pairs):
            pairs = [pair for pair in pairs if pair[0] not in sorts]
        return self.href(parse_query(self.table, pairs, self.query.usual_size, self.catalog))


def group_pairs(group: Group, value: Any) -> list[Pair]:
    """Return the filters that a group's rows satisfy; ``value`` is its part of the key."""
    name, column = group.field.name, group.field.column
    number = column.kind in ("integer", "number")
    if isinstance(value, Unsayable):
        if not number or value.kind != "number":
            raise ValueError("No text of a query string is equal to it.")
        value = value.text
    elif number and value in NUMBERS:
        raise ValueError("A query string takes it for a number, which it isn't.")
    if column.typing == "exact" and not isinstance(value, str | None):
        raise ValueError("A query string takes it for a text, which it isn't.")
    if column.kind == "boolean" and isinstance(value, str):
        raise ValueError("A query string takes it for yes or no, which it isn't.")
    if value is None and group.bucket is not None and column.typing != "strict":
        raise ValueError("What is no time at all has no bucket either.")
    if value is None:
        return [(parameter(name, "isnull", taken=True), "1")]
    if group.bucket is not None:
        least, end = (parameter(name, each, taken=True) for each in ("gte", "lt"))
        return [(least, value), (end, bucket_end(value, group.bucket))]
    return [(name, _query_text(column, value))]


def _query_text(column: Column, value: Any) -> str:
    if column.kind == "choice":
        member = from_json(column, value)
        return value if isinstance(member, str) else enum_text(column, member)
    return value if isinstance(value, str) else json.dumps(value)


def group_cell(group: Group, value: Any, label: str) -> Cell:
    column = group.field.column
    text = printable(label)
    moment = column.kind in ("date", "datetime", "time") and value is not None
    return Cell(
        column=group.name,
        label=group.label,
        kind="reference" if column.reference else column.kind,
        text=text,
        href=None,
        tone=tone(column, value) if isinstance(column.tones, Mapping) else None,
        align="start" if group.bucket else align(column),
        null=value is None,
        datetime=str(value) if moment else None,
        long=False,
        title=None,
    )


def figure_cell(measure: Measure, value: Any) -> Cell:
    column = None if measure.field is None else measure.field.column
    text = figure_text(measure, value)
    # The least and the most of a column are values of it; an average is like one.
    alike = column if measure.function in ("avg", "min", "max") else None
    moment = alike is not None and alike.kind in ("date", "datetime", "time")
    numeric = isinstance(value, int | float | Decimal)
    return Cell(
        column=measure.name,
        label=measure.label,
        kind=alike.kind if moment and alike is not None else "number",
        text=text,
        href=None,
        tone=None if alike is None else tone(alike, value),
        align="end",
        null=value is None,
        datetime=value.isoformat() if isinstance(value, date | time) else None,
        long=False,
        title=str(value) if numeric and str(value) != text.replace(",", "") else None,
    )


def figure_text(measure: Measure, value: Any) -> str:
    """Return a figure as people read it: with at most DECIMALS digits after the point."""
    if isinstance(value, float | Decimal) and math.isfinite(value):
        whole = measure.function != "avg" and value == int(value)
        return f"{value:,.0f}" if whole else f"{value:,.{DECIMALS}f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "" if measure.field is None else to_text(measure.field.column, value)

"""What a panel asks of its table: its queries, parsed, and whether its kind can show them."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.catalog import Invalid, Table, VisibleCatalog
from dashboard.queries import QueryError, TableQuery
from dashboard.queries.grammar import pairs_of, parse_query
from dashboard.views.panels.spec import PanelSpec

ROWS = 10
"""Rows of a table's panel unless its query says otherwise."""

GROUPS = 1000
NO_FIGURE = "A tile needs a figure: add _agg=count, or _agg=avg: and a column."
NO_CHART = "A chart needs figures of groups: add _by= and a column, and _agg=count or the like."
NO_TIME = "A tile's _by must be a time and its step, such as {}:hour; or leave _by out."
ONE_FIGURE = "Give one _agg, which becomes the number."
ONE_SERIES = "With two _by, give one _agg: the second _by makes the lines or bars."
SAME_GROUPS = "Its _by must be as many, and of the same steps, as that of the query."
SAME_SHAPE = "A tile's second query is the whole of which the number is the share: only _agg=."
NO_SECOND = "A table shows one query; leave this empty."
NOT_STEPS = "This must be a time and its step, such as scheduled:hour."


@dataclass(frozen=True, slots=True)
class Questions:
    """``course`` and ``second_course`` are a tile's queries by the steps of its trend."""

    query: TableQuery
    second: TableQuery | None = None
    course: TableQuery | None = None
    second_course: TableQuery | None = None

    @property
    def all(self) -> tuple[TableQuery, ...]:
        every = (self.query, self.second, self.course, self.second_course)
        return tuple(each for each in every if each is not None)


def questions(spec: PanelSpec, catalog: VisibleCatalog) -> Questions:
    """Return what a panel asks. Raises Invalid, which says at which column what is wrong."""
    table = catalog.get(spec.table_name)
    if table is None:
        known = ", ".join(each.name for each in catalog)
        raise _wrong(
            "table_name", f"There is no table {spec.table_name[:60]!r}. There are {known}."
        )
    query = _parse(spec.query, "query", spec, table, catalog)
    second = None
    if spec.second_query and spec.second_query.strip():
        second = _parse(spec.second_query, "second_query", spec, table, catalog)
    check = {"tile": _check_tile, "chart": _check_chart}.get(spec.kind, _check_table)
    check(spec, query, second)
    if spec.kind != "tile" or not spec.trend or query.groups:
        return Questions(query, second)
    course = _course(query, spec.trend, catalog)
    return Questions(query, second, course, second and _course(second, spec.trend, catalog))


def _parse(
    text: str, column: str, spec: PanelSpec, table: Table, catalog: VisibleCatalog
) -> TableQuery:
    size = ROWS if spec.kind == "table" else GROUPS
    try:
        return parse_query(table, pairs_of(text), size, catalog)
    except (QueryError, ValueError) as error:
        raise _wrong(column, str(error)) from error


def _course(query: TableQuery, trend: str, catalog: VisibleCatalog) -> TableQuery:
    """Return the query by the steps of a trend."""
    try:
        groups = parse_query(query.table, [("_by", trend)], GROUPS, catalog).groups
    except QueryError as error:
        raise _wrong("trend", error.message) from error
    if groups[0].bucket is None:
        raise _wrong("trend", NOT_STEPS)
    return query.but(groups=groups)


def _check_table(spec: PanelSpec, query: TableQuery, second: TableQuery | None) -> None:
    if second is not None:
        raise _wrong("second_query", NO_SECOND)
    if query.after is not None:
        raise _wrong("query", "_next: a panel shows the first page only.")


def _check_tile(spec: PanelSpec, query: TableQuery, second: TableQuery | None) -> None:
    if not query.aggregated:
        raise _wrong("query", NO_FIGURE)
    if len(query.measures) > 1:
        raise _wrong("query", ONE_FIGURE)
    if query.groups and (len(query.groups) > 1 or query.groups[0].bucket is None):
        raise _wrong("query", NO_TIME.format(query.groups[0].field.name))
    if second is not None and (second.groups or len(second.measures) != 1):
        raise _wrong("second_query", SAME_SHAPE)


def _check_chart(spec: PanelSpec, query: TableQuery, second: TableQuery | None) -> None:
    if not query.groups:
        raise _wrong("query", NO_CHART)
    if spec.chart is None:
        raise _wrong("chart", "Choose how the chart is drawn.")
    for column, each in (("query", query), ("second_query", second)):
        if each is not None and len(each.groups) > 1 and len(each.measures) > 1:
            raise _wrong(column, ONE_SERIES)
    if second is not None and _steps(second) != _steps(query):
        raise _wrong("second_query", SAME_GROUPS)


def _steps(query: TableQuery) -> list[str | None]:
    return [each.bucket for each in query.groups]


def _wrong(column: str, text: str) -> Invalid:
    return Invalid({column: [text]})

"""What stands above a table's rows: its headings, filters and choices of columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard.catalog import VisibleCatalog
from dashboard.queries import Field, Group, Measure, TableQuery
from dashboard.queries.aggregates import BUCKETS_OF, COUNT, GROUPED_KINDS, MEASURED
from dashboard.queries.operators import OPERATORS, operators_for, sortable
from dashboard.queries.query import Filter, GroupSort, Sort
from dashboard.views.cells import align, heading, printable
from dashboard.views.groups_view import GroupsView
from dashboard.views.query_view import QueryView

Item = dict[str, Any]


def headings(view: QueryView) -> list[Item]:
    """Return the columns of a table of rows or of groups, with links that sort by them."""
    query = view.query
    if not query.aggregated:
        return [_field_heading(view, each) for each in query.columns]
    shown: tuple[Group | Measure, ...] = (*query.groups, *query.measures)
    return [_group_heading(view, each) for each in shown]


def _field_heading(view: QueryView, field: Field) -> Item:
    place, descending = _place([(each.field, each.descending) for each in view.query.sort], field)
    # A click sorts upwards, and downwards where it is upwards already.
    turned = Sort(field, descending=place == 1 and not descending)
    return {
        "name": field.name,
        "label": heading(field),
        "kind": field.kind,
        "align": align(field.column),
        "sort_href": view.href(view.query.but(sort=(turned,), after=None))
        if sortable(field.column)
        else None,
        **_sorting(place, descending),
    }


def _group_heading(view: QueryView, by: Group | Measure) -> Item:
    sorts = [(each.by, each.descending) for each in view.query.group_sort]
    place, descending = _place(sorts, by)
    figure = isinstance(by, Measure)
    # Of figures people look for the largest first.
    turned = GroupSort(by, descending=not descending if place == 1 else figure)
    return {
        "name": by.name,
        "label": by.label,
        "kind": "number" if by.field is None else by.field.kind,
        "align": "end" if figure else "start",
        "sort_href": view.href(view.query.but(group_sort=(turned,))),
        **_sorting(place, descending),
    }


def _place(sorts: list[tuple[Any, bool]], wanted: Any) -> tuple[int, bool]:
    """Return which of the sorts ``wanted`` is, 0 for none, and whether it is downwards."""
    found = ((place, each[1]) for place, each in enumerate(sorts, 1) if each[0] == wanted)
    return next(found, (0, False))


def _sorting(place: int, descending: bool) -> Item:
    """Only the first sorted column is marked as such: ARIA knows one of a table."""
    direction = "descending" if descending else "ascending"
    return {
        "sorted": direction if place == 1 else None,
        "sorted_then": direction if place > 1 else None,
        "sort_place": place if place > 1 else None,
    }


def chips(view: QueryView) -> list[Item]:
    """Return what narrows the table or puts it into groups, each with a link without it."""
    return [*(_filter(view, each) for each in view.query.filters), *_grouping(view)]


def _filter(view: QueryView, filter_: Filter) -> Item:
    others = tuple(each for each in view.query.filters if each is not filter_)
    operator = OPERATORS[filter_.op]
    return {
        "column": filter_.field.name,
        "label": filter_.field.label,
        "op": operator.name,
        "op_label": operator.label,
        "value": printable(filter_.text) if operator.takes_value else None,
        "remove_href": view.href(view.query.but(filters=others, after=None)),
    }


def _grouping(view: QueryView) -> Iterator[Item]:
    if not isinstance(view, GroupsView):
        return
    for parameter, op, items in (
        ("_by", "for each", view.query.groups),
        ("_agg", "figure", view.query.measures),
    ):
        for each in items:
            yield {
                "column": each.name,
                "label": each.label,
                "op": parameter,
                "op_label": op,
                "value": None,
                "remove_href": view.without(parameter, each.name),
            }


def filter_fields(query: TableQuery, catalog: VisibleCatalog) -> list[Item]:
    """Return what can be filtered by, with the conditions and the choices of each."""
    return [
        {
            "name": each.name,
            "label": each.label,
            "ops": operators_for(each.column),
            "choices": each.column.choices,
        }
        for each in _fields(query, catalog)
    ]


def _fields(query: TableQuery, catalog: VisibleCatalog) -> list[Field]:
    """Return the table's columns, and those of what they refer to."""
    fields = [Field(each) for each in query.table.public_columns]
    for reference in query.table.references:
        referred = catalog.referred(reference)
        if referred is not None and reference.reference is not None:
            fields += [
                Field(each, reference)
                for each in referred.shown_columns
                if each.name != reference.reference.column
            ]
    return fields


def group_fields(query: TableQuery, catalog: VisibleCatalog) -> list[Item]:
    """Return what ``_by`` may name: columns, those of what they refer to, and parts of times."""
    groups = [
        Group(each, bucket)
        for each in _fields(query, catalog)
        for bucket in (None, *BUCKETS_OF.get(each.kind, ()))
        if each.kind in GROUPED_KINDS
    ]
    return [{"name": each.name, "label": each.label} for each in groups]


def figures(query: TableQuery) -> list[Item]:
    """Return what ``_agg`` may name of the table's own columns."""
    fields = [Field(each) for each in query.table.public_columns if not each.reference]
    measured = [
        Measure(function, each)
        for each in fields
        for function, kinds in MEASURED.items()
        if each.kind in kinds and not each.column.primary_key
    ]
    return [{"name": each.name, "label": each.label} for each in (COUNT, *measured)]


def column_choices(query: TableQuery) -> list[Item]:
    """Return the columns to choose from, () for groups; chosen ones of other tables are kept."""
    if query.aggregated:
        return []
    own = [Field(each) for each in query.table.public_columns]
    beside = [Field(each, through) for through, each in query.table.beside]
    others = (each for each in (*beside, *query.columns) if each.through is not None)
    fields = dict.fromkeys([*own, *others])
    return [
        {"name": each.name, "label": each.label, "shown": each in query.columns} for each in fields
    ]

"""A table's page: its rows, live, and everything that changes its URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from dashboard.catalog import Table
from dashboard.catalog.values import decode_name
from dashboard.changes import log
from dashboard.queries import QueryError
from dashboard.queries.grammar import parse_query, to_pairs, to_text
from dashboard.queries.names import parameter
from dashboard.queries.operators import OPERATORS
from dashboard.views.errors import BadInput
from dashboard.views.groups_view import GroupsView
from dashboard.views.saved import saved_for
from dashboard.views.table_tools import (
    chips,
    column_choices,
    figures,
    filter_fields,
    group_fields,
    headings,
)
from dashboard.views.table_view import TableView


@view_config(
    route_name="table",
    renderer="dashboard:templates/table.pt",
    request_method="GET",
    permission="view",
)
def table_page(table: Table, request: Request) -> dict[str, Any] | Response:
    if "_filter_column" in request.GET:
        return HTTPSeeOther(_with_filter(table, request))
    if "_group" in request.GET:
        return HTTPSeeOther(_in_groups(table, request))
    view = table_view(table, request, list(request.GET.items()))
    cursor = log.head(request.dbsession).cursor
    query = view.query
    return {
        "table": _heading(table, request),
        "view": view.name,
        "live": live(request, cursor, [view.name]),
        "columns": headings(view),
        **_shown(view, request),
        "filters": chips(view),
        "search": query.search or None,
        "searchable": bool(table.searchable_columns),
        "hidden_inputs": to_pairs(query.but(after=None)),
        "filter_columns": filter_fields(query, request.access.catalog),
        "column_choices": column_choices(query),
        "group_fields": group_fields(query, request.access.catalog),
        "figures": figures(query),
        "action": request.paths.table(table.name),
        "saved_views": saved_for(request, table),
        "saved_query": to_text(query.but(after=None)),
    }


def _shown(view: TableView | GroupsView, request: Request) -> dict[str, Any]:
    """Read the database: the rows, how many there are, and where the next ones are."""
    if isinstance(view, GroupsView):
        groups = view.load(request.dbsession)
        return {"rows": groups.rows, "total_text": str(groups.total), "page": None}
    state = view.load(request.dbsession)
    return {"rows": state.rows, "total_text": str(state.total), "page": view.pager(state)}


def table_view(
    table: Table, request: Request, pairs: list[tuple[str, str]]
) -> TableView | GroupsView:
    """Return the live view that a query string means; raise BadInput for one that means none."""
    size = request.registry["dashboard.settings"].page_size
    try:
        query = parse_query(table, pairs, size, request.access.catalog)
    except QueryError as error:
        raise BadInput(error.parameter, str(error)) from error
    view = GroupsView if query.aggregated else TableView
    return view(query, request.access, request.paths)


def find_table(request: Request, step: str) -> Table:
    """Return the table that a step of a path names; raise HTTPNotFound or HTTPForbidden where it
    can't be watched."""
    name = decode_name(step)
    table: Table | None = request.registry["dashboard.catalog"].get(name)
    if table is None:
        raise HTTPNotFound(f"There is no table {name[:100]!r} here.")
    if table.name not in request.access.catalog:
        raise HTTPForbidden(f"You may not watch {table.label}.")
    return table


def find_table_view(request: Request, query: str, table: str) -> TableView | GroupsView:
    return table_view(find_table(request, table), request, parse_qsl(query, keep_blank_values=True))


def live(request: Request, cursor: Any, views: list[str]) -> dict[str, Any]:
    """Return what the page's script needs to follow ``views`` from ``cursor`` on."""
    return {
        "stream": request.paths.stream(),
        "cursor": str(cursor),
        "heartbeat": request.registry["dashboard.settings"].heartbeat,
        "views": views,
    }


def _heading(table: Table, request: Request) -> dict[str, Any]:
    may_add = request.has_permission("edit", table)
    return {
        "name": table.name,
        "label": table.label,
        "description": table.description,
        "notice": table.notice,
        "new_href": request.paths.new(table.name) if may_add else None,
    }


def _with_filter(table: Table, request: Request) -> str:
    """Return the page's address with the filter that was filled in, as Datasette does."""
    column, op = request.GET["_filter_column"], request.GET.get("_filter_op", "exact")
    pairs = [pair for pair in request.GET.items() if not pair[0].startswith("_filter_")]
    value = request.GET.get("_filter_value", "") if _takes_value(op) else "1"
    taken = table.column(f"{column}__{op}") is not None
    pairs.append((parameter(column, op, taken=taken), value))
    view = table_view(table, request, pairs)
    return view.href(view.query.but(after=None))


def _in_groups(table: Table, request: Request) -> str:
    """Return the address of the groups that were filled in, which know no columns to show."""
    of_rows = ("_group", "_col", "_sort", "_sort_desc", "_next")
    pairs = [pair for pair in request.GET.items() if pair[0] not in of_rows and pair[1]]
    view = table_view(table, request, pairs)
    return view.href(view.query)


def _takes_value(op: str) -> bool:
    return op not in OPERATORS or OPERATORS[op].takes_value


def includeme(config: Configurator) -> None:
    config.add_view_finder("/tables/{table}", find_table_view)

"""A record's page."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.view import view_config
from sqlalchemy.exc import DataError

from dashboard.catalog import Table
from dashboard.catalog.values import decode_key
from dashboard.changes import log
from dashboard.views.record_view import RecordView
from dashboard.views.tables import find_table, live


@view_config(
    route_name="record",
    renderer="dashboard:templates/record.pt",
    request_method="GET",
    permission="view",
)
def record_page(table: Table, request: Request) -> dict[str, Any]:
    key = request.matchdict["key"]
    view = record_view(table, key, request)
    cursor = log.head(request.dbsession).cursor
    try:
        state = view.load(request.dbsession)
    except (DataError, OverflowError) as error:  # No record can have a key of this kind.
        raise HTTPNotFound(f"{table.label} has no record {key[:100]!r}.") from error
    if not state.exists:
        raise HTTPNotFound(f"{table.label} has no record {key!r}. It may have been deleted.")
    may_edit = request.has_permission("edit", table)
    return {
        "table": {
            "name": table.name,
            "label": table.label,
            "href": request.paths.table(table.name),
        },
        "view": view.name,
        "live": live(request, cursor, [view.name]),
        "title": state.title,
        "exists": True,
        "fields": state.fields,
        "related": state.related,
        "history": state.history,
        "edit_href": request.paths.edit(table.name, key) if may_edit else None,
        "delete_href": request.paths.delete(table.name, key) if may_edit else None,
    }


def record_view(table: Table, key: str, request: Request) -> RecordView:
    """Return the live view of a record; raise HTTPNotFound for a key that can't be one."""
    try:
        return RecordView(table, decode_key(table, key), request.access, request.paths)
    except ValueError as error:
        raise HTTPNotFound(f"{table.label} has no record {key[:100]!r}.") from error


def find_record_view(request: Request, query: str, table: str, key: str) -> RecordView:
    return record_view(find_table(request, table), key, request)


def includeme(config: Configurator) -> None:
    config.add_view_finder("/tables/{table}/{key}", find_record_view)

"""Delete a record, after asking."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from dashboard.catalog import Table
from dashboard.catalog.records import row_label
from dashboard.catalog.values import encode_key
from dashboard.forms import store
from dashboard.forms.page import table_head
from dashboard.forms.records import find, row_of
from dashboard.forms.refusal import Refused
from dashboard.forms.related import BLOCKED, related_to
from dashboard.forms.version import version_of
from dashboard.forms.views.posted import key_in, not_found
from dashboard.views.posted import coming_back, way_back

RENDERER = "dashboard:templates/delete.pt"
CONFLICT = 409
CHANGED = "Somebody changed this record meanwhile, so it was not deleted. Look at it again."


@view_config(route_name="delete", request_method="GET", permission="edit", renderer=RENDERER)
def ask(table: Table, request: Request) -> dict[str, Any]:
    record = find(request.dbsession, table, key_in(request, table))
    if record is None:
        raise not_found(table)
    return delete_page(request, table, row_of(table, record))


@view_config(route_name="delete", request_method="POST", permission="edit", renderer=RENDERER)
def delete(table: Table, request: Request) -> dict[str, Any] | HTTPSeeOther:
    """Delete the record, if it is still the version that the person was asked about."""
    record = find(request.dbsession, table, key_in(request, table), lock=True)
    if record is None:
        raise not_found(table)
    row = row_of(table, record)
    if request.POST.get("_version") != version_of(table, row):
        return _refused(request, table, row, CHANGED)
    try:
        store.delete(request.dbsession, table, record)
    except Refused as refused:
        return _refused(request, table, row, *refused.errors.get(None, []))
    request.session.flash({"tone": "good", "text": f"{row_label(table, row)} was deleted."})
    return HTTPSeeOther(location=way_back(request) or request.paths.table(table.name))


def _refused(request: Request, table: Table, row: dict[str, Any], *reasons: str) -> dict[str, Any]:
    """Ask again, with the reason why nothing was deleted and the record's present version."""
    request.response.status_int = CONFLICT
    for reason in reasons:
        request.session.flash({"tone": "critical", "text": reason})
    return delete_page(request, table, row)


def delete_page(request: Request, table: Table, row: dict[str, Any]) -> dict[str, Any]:
    back = way_back(request)
    key = encode_key(table, (row[column.name] for column in table.key))
    related = related_to(
        request.dbsession,
        request.registry["dashboard.catalog"],
        table,
        row,
        lambda other: bool(request.has_permission("view", other)),
    )
    return {
        "title": f"Delete {row_label(table, row)}",
        "table": table_head(request, table),
        "label": row_label(table, row),
        "action": coming_back(request.paths.delete(table.name, key), back),
        "version": version_of(table, row),
        "cancel_href": back or request.paths.record(table.name, key),
        "blockers": [each for each in related if each.fate == BLOCKED],
        "related": [each for each in related if each.fate != BLOCKED],
    }

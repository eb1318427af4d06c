"""The search behind a reference's field: JSON for combobox.js."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.request import Request
from pyramid.view import view_config

from dashboard.catalog import Table
from dashboard.forms.references import search, target_of


@view_config(route_name="choices", request_method="GET", permission="view", renderer="json")
def choices(table: Table, request: Request) -> dict[str, Any]:
    """Answer ``?column=carrier&q=air`` with the records that the column may refer to.

    {"choices": [{"value", "label"}]}, 20 at most. 404 for a column that refers to nothing here,
    403 where the person may not see the table that it refers to.
    """
    column = table.record_column(request.GET.get("column", ""))
    target = None
    if column is not None and not column.private:
        target = target_of(request.registry["dashboard.catalog"], column)
    if target is None:
        raise HTTPNotFound(f"{table.label} has no such reference.")
    if not request.has_permission("view", target[0]):
        raise HTTPForbidden()
    return {"choices": search(request.dbsession, *target, request.GET.get("q", ""))}

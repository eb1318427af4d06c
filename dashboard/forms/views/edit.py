"""Change a record, without overwriting what somebody else did meanwhile."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from dashboard.catalog import Table
from dashboard.catalog.records import row_label
from dashboard.catalog.values import encode_key
from dashboard.forms import saving
from dashboard.forms.conflict import read_original
from dashboard.forms.page import INVALID, form_page
from dashboard.forms.records import find, row_of
from dashboard.forms.saving import Conflict, Edit, Invalid, Saved, texts_of
from dashboard.forms.schema import RecordForm
from dashboard.forms.texts import form_text
from dashboard.forms.version import version_of
from dashboard.forms.views.new import new_page
from dashboard.forms.views.posted import (
    edit_form_class,
    key_in,
    new_form_class,
    not_found,
    to_record,
)
from dashboard.streaming.handover import OFFER
from dashboard.views.paths import Paths
from dashboard.views.posted import coming_back, way_back

RENDERER = "dashboard:templates/form.pt"
CONFLICT = 409
GONE = 410
DELETED = (
    "Somebody deleted this record while you were editing it. What you typed is still here: "
    "add it to make the record anew."
)


@view_config(route_name="edit", request_method="GET", permission="edit", renderer=RENDERER)
def show(table: Table, request: Request) -> dict[str, Any]:
    record = find(request.dbsession, table, key_in(request, table))
    if record is None:
        raise not_found(table)
    row = row_of(table, record)
    return edit_page(request, edit_form_class(request, table)(row), row)


@view_config(route_name="edit", request_method="POST", permission="edit", renderer=RENDERER)
def save(table: Table, request: Request) -> dict[str, Any] | HTTPSeeOther:
    """Save what was changed, if the record is still the version that the form began from."""
    original = read_original(request.POST.get("_original"))
    edit = Edit(request.POST, request.POST.get("_version"), original, rendered=original)
    make = edit_form_class(request, table)
    match saving.save(request.dbsession, make, key_in(request, table), edit):
        case Saved(record=record):
            return to_record(request, table, record, "Saved.")
        case Conflict() as conflict:
            return _conflict(request, conflict)
        case Invalid(form=form, row=row):
            request.response.status_int = INVALID
            return edit_page(request, form, row)
    return _gone(table, request)


def edit_page(
    request: Request, form: RecordForm, row: dict[str, Any], **more: Any
) -> dict[str, Any]:
    table = form.table
    key = encode_key(table, (row[column.name] for column in table.key))
    back = way_back(request)
    return form_page(
        request,
        form,
        title=f"Edit {row_label(table, row)}",
        action=coming_back(request.paths.edit(table.name, key), back),
        cancel_href=back or request.paths.record(table.name, key),
        delete_href=coming_back(request.paths.delete(table.name, key), back),
        submit_label="Save",
        version=version_of(table, row),
        presence=request.paths.websocket() if OFFER in request.environ else None,
        record=Paths().record(table.name, key),
        **more,
    )


def _conflict(request: Request, conflict: Conflict) -> dict[str, Any]:
    request.response.status_int = CONFLICT
    return edit_page(
        request,
        conflict.form,
        conflict.row,
        conflict=conflict.differences,
        conflict_by=conflict.by,
        conflict_at=conflict.at,
    )


def _gone(table: Table, request: Request) -> dict[str, Any]:
    """Keep what was typed for a record that was deleted, and offer to make it anew."""
    if "_version" not in request.POST:
        raise not_found(table)
    edited = edit_form_class(request, table)()
    posted = edited.submitted(request.POST, read_original(request.POST.get("_original")))
    form = new_form_class(request, table)()
    key = zip(table.key, key_in(request, table), strict=True)
    form.fill({column.name: form_text(column, value) for column, value in key})
    form.fill(texts_of(edited, posted))
    form.form_errors.append(DELETED)
    request.response.status_int = GONE
    return new_page(request, form)

"""A new record."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from dashboard.catalog import Table
from dashboard.catalog.records import row_label
from dashboard.forms import store
from dashboard.forms.conflict import read_original
from dashboard.forms.page import INVALID, form_page
from dashboard.forms.records import row_of
from dashboard.forms.refusal import Refused
from dashboard.forms.schema import RecordForm
from dashboard.forms.views.posted import new_form_class, to_record
from dashboard.views.posted import coming_back, way_back

RENDERER = "dashboard:templates/form.pt"


@view_config(route_name="new", request_method="GET", permission="edit", renderer=RENDERER)
def show(table: Table, request: Request) -> dict[str, Any]:
    """Show an empty form; ``?column=text`` fills a field beforehand."""
    form = new_form_class(request, table)()
    form.fill(
        {
            field.column.name: request.GET[field.name]
            for field in form.inputs
            if field.name in request.GET
        }
    )
    return new_page(request, form)


@view_config(route_name="new", request_method="POST", permission="edit", renderer=RENDERER)
def create(table: Table, request: Request) -> dict[str, Any] | HTTPSeeOther:
    make = new_form_class(request, table)
    original = read_original(request.POST.get("_original"))
    form = make(post=make().submitted(request.POST, original))
    if form.validate():
        try:
            record = store.create(request.dbsession, table, form.changes())
        except Refused as refused:
            form.add_errors(refused.errors)
        else:
            return _done(request, table, record)
    request.response.status_int = INVALID
    return new_page(request, form)


def _done(request: Request, table: Table, record: Any) -> HTTPSeeOther:
    text = f"{row_label(table, row_of(table, record))} was added."
    if "_another" not in request.POST:
        return to_record(request, table, record, text)
    request.session.flash({"tone": "good", "text": text})
    again = coming_back(request.paths.new(table.name), way_back(request))
    return HTTPSeeOther(location=again)


def new_page(request: Request, form: RecordForm) -> dict[str, Any]:
    table = form.table
    back = way_back(request)
    return form_page(
        request,
        form,
        title="New record",
        action=coming_back(request.paths.new(table.name), back),
        cancel_href=back or request.paths.table(table.name),
        submit_label="Add",
        another_label="Add and make another",
    )

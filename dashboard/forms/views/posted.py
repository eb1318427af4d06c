"""What the writing pages share: the record that a URL names, and the way back to it."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request

from dashboard.catalog import Table
from dashboard.catalog.records import Key
from dashboard.catalog.values import decode_key, encode_key
from dashboard.forms.records import key_of
from dashboard.forms.schema import RecordForm
from dashboard.views.posted import way_back


def new_form_class(request: Request, table: Table) -> type[RecordForm]:
    return request.registry["dashboard.forms"].get(table, new=True)


def edit_form_class(request: Request, table: Table) -> type[RecordForm]:
    return request.registry["dashboard.forms"].get(table, new=False)


def key_in(request: Request, table: Table) -> Key:
    """Return the key in the URL; raise HTTPNotFound for one that this table can't have."""
    try:
        return decode_key(table, request.matchdict["key"])
    except ValueError as error:
        raise not_found(table) from error


def not_found(table: Table) -> HTTPNotFound:
    return HTTPNotFound(f"There is no such record in {table.label}.")


def to_record(request: Request, table: Table, record: Any, text: str) -> HTTPSeeOther:
    """Return the redirect to the record's page, or the way back, which says ``text``."""
    request.session.flash({"tone": "good", "text": text})
    page = request.paths.record(table.name, encode_key(table, key_of(table, record)))
    return HTTPSeeOther(location=way_back(request) or page)

"""A form class for any table of the catalog, and what of a POST belongs to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest
from webob.multidict import MultiDict
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from dashboard.catalog import Column, Table
from dashboard.forms.field import ColumnField
from dashboard.forms.fields import BooleanField, field_class
from dashboard.forms.names import field_id, field_name, is_own


def editable_columns(table: Table, new: bool) -> list[Column]:
    """Return the columns that a form may set: a key is given once, when the record is made.

    A hidden column is asked for only where no record can be made without it.
    """
    return [
        column
        for column in table.record_columns
        if column.editable
        and (new or not column.given_once)
        and (column.shown or (new and not column.nullable and not column.has_default))
        # Of which class a record is is told by the table that is the class's own.
        and not (column.discriminates and column in table.inherited)
    ]


class RecordForm(BaseForm):
    """The form of one record. Fields are found by the column's name: ``form["delay"]``.

    It is a BaseForm since WTForms' Form keeps fields as attributes, where a column called
    "data" or "validate" would break it.
    """

    table: Table
    new: bool
    unbound: Mapping[str, Any]

    class Meta(DefaultMeta):
        csrf = False  # Pyramid checks the token before the view is reached.

    def __init__(self, row: Mapping[str, Any] | None = None, post: Any = None) -> None:
        """Fill the fields with a stored ``row`` (or the defaults), then with a POST's texts."""
        super().__init__(self.unbound, meta=self.Meta())
        defaults = {column.name: column.default for column in self.table.record_columns}
        self.process(post, data=defaults if row is None else dict(row))

    @property
    def visible(self) -> list[ColumnField]:
        return list(self)

    @property
    def inputs(self) -> list[ColumnField]:
        """The fields that a person can change."""
        return [field for field in self if not field.fixed]

    @property
    def texts(self) -> dict[str, str]:
        """The text of each field by its column's name."""
        return {field.column.name: field.text for field in self.inputs}

    def fill(self, texts: Mapping[str, Any]) -> None:
        """Put texts into the fields without judging them."""
        for field in self.inputs:
            text = texts.get(field.column.name)
            if isinstance(text, str):
                field.text = text

    def changes(self) -> dict[Column, Any]:
        """Return the values to store, by column: of valid fields whose text was changed."""
        return {
            field.column: field.data
            for field in self.inputs
            if field.changed and not field.absent and not field.errors
        }

    def add_errors(self, errors: Mapping[str | None, Iterable[str]]) -> None:
        """Put each error at its column's field, or at the top where the form has no such field."""
        for name, texts in errors.items():
            if name is not None and name in self:
                self[name].errors = [*self[name].errors, *texts]
            else:
                self.form_errors.extend(texts)

    def submitted(self, post: MultiDict[str, Any], rendered: Iterable[str]) -> MultiDict[str, Any]:
        """Return the POST with the boxes that weren't ticked; a browser leaves those out.

        ``rendered`` names the columns that the form showed. Raises HTTPBadRequest for the name
        of a column that this form may not set, and for an uploaded file.
        """
        refuse_others(self, post)
        found = MultiDict(post)
        boxes = [field for field in self if isinstance(field, BooleanField)]
        shown = set(rendered)
        for field in boxes:
            if field.name not in found and (self.new or field.column.name in shown):
                found[field.name] = "false"
        return found


def refuse_others(form: RecordForm, post: Mapping[str, Any]) -> None:
    """Raise HTTPBadRequest where ``post`` names a column that ``form`` may not set."""
    allowed = {field.name for field in form.inputs}
    for column in (*form.table.columns, *form.table.inherited):
        for name in (field_name(column), column.name, column.attr):
            if name in post and name not in allowed and not is_own(name):
                raise HTTPBadRequest(f"The field {name!r} can't be edited here. Nothing was saved.")
    for name, value in post.items():
        if not isinstance(value, str):
            raise HTTPBadRequest(f"The field {name!r} is a file. Nothing was saved.")


def make_form_class(table: Table, new: bool) -> type[RecordForm]:
    """Build the form class of ``table``, for a new record or for a stored one."""
    columns = editable_columns(table, new)
    place_of = table.record_columns.index
    if not new:
        columns += [each for each in table.record_columns if each.kind == "bytes" and each.shown]
    unbound = {
        column.name: field_class(column)(
            column=column,
            new=new,
            name=field_name(column),
            id=field_id(column, place_of(column)),
        )
        for column in sorted(columns, key=place_of)
    }
    return type("RecordForm", (RecordForm,), {"table": table, "new": new, "unbound": unbound})


class FormClasses:
    """The form classes, each built at its first use. Hangs at registry["dashboard.forms"]."""

    def __init__(self) -> None:
        self._built: dict[tuple[Table, bool], type[RecordForm]] = {}

    def get(self, table: Table, *, new: bool) -> type[RecordForm]:
        key = (table, new)
        if key not in self._built:
            self._built[key] = make_form_class(table, new)
        return self._built[key]

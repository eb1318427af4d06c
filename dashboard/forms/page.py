"""What the form's template gets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyramid.request import Request

from dashboard.catalog import Table
from dashboard.forms.fields import ReferenceField
from dashboard.forms.references import label_of, target_of
from dashboard.forms.schema import RecordForm

INVALID = 422


@dataclass(frozen=True, slots=True)
class FormError:
    """One line of the summary at the top; without a field it is about the whole record."""

    label: str | None
    field_id: str | None
    text: str


def table_head(request: Request, table: Table) -> dict[str, str]:
    return {"name": table.name, "label": table.label, "href": request.paths.table(table.name)}


def form_page(request: Request, form: RecordForm, **page: Any) -> dict[str, Any]:
    """Return the template's values; ``page`` has those that differ between new and edit."""
    set_up_references(request, form)
    original = {field.column.name: field.stored_text for field in form.inputs}
    return {
        "table": table_head(request, form.table),
        "form": form,
        "errors": errors_of(form),
        "version": "",
        "original": json.dumps(original),
        "conflict": None,
        **page,
    }


def errors_of(form: RecordForm) -> list[FormError]:
    general = [FormError(None, None, text) for text in form.form_errors]
    return general + [
        FormError(field.label.text, field.id, text) for field in form for text in field.errors
    ]


def set_up_references(request: Request, form: RecordForm) -> None:
    """Give each reference the URL of its search and the name of the record that it has now.

    Who may not see the other table types its key, and learns nothing of what is there.
    """
    for field in form.inputs:
        target = target_of(request.registry["dashboard.catalog"], field.column)
        if not isinstance(field, ReferenceField) or target is None:
            continue
        if request.has_permission("view", target[0]):
            url = request.paths.choices(form.table.name)
            field.choices_url = f"{url}?column={quote(field.column.name, safe='')}"
            field.current_label = label_of(request.dbsession, *target, field.text)

"""Saving an edit of a record: the one way, whatever it came by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from webob.multidict import MultiDict

from dashboard.catalog import Table
from dashboard.catalog.records import Key
from dashboard.catalog.values import to_json
from dashboard.changes import log
from dashboard.forms import store
from dashboard.forms.conflict import Difference, Texts, merge
from dashboard.forms.records import find, row_of
from dashboard.forms.refusal import Refused
from dashboard.forms.schema import RecordForm
from dashboard.forms.version import version_of


@dataclass(frozen=True, slots=True)
class Edit:
    """``texts`` are those of the form's controls, by the names that they are sent by.

    ``version`` and ``original`` (by columns' names) say what the edit began from. ``rendered``
    are the columns whose boxes count as empty where ``texts`` doesn't have them.
    """

    texts: MultiDict[str, Any]
    version: str | None
    original: Texts
    rendered: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    record: Any
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invalid:
    """``form`` has the texts that were sent, and what is wrong with them."""

    form: RecordForm
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conflict:
    """The record isn't the version that the edit began from; ``form`` joins both.

    ``by`` and ``at`` tell of the latest change that is in the log.
    """

    form: RecordForm
    row: dict[str, Any]
    differences: list[Difference]
    by: str | None
    at: str | None


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such record any more."""


Outcome = Saved | Invalid | Conflict | Gone


def save(session: Session, make: type[RecordForm], key: Key, edit: Edit) -> Outcome:
    """Save what was changed, if the record is still the version that the edit began from.

    The caller ends the transaction: only Saved is to be committed. Raises HTTPBadRequest for the
    name of a column that the form may not set.
    """
    table = make.table
    record = find(session, table, key, lock=True)
    if record is None:
        return Gone()
    row = row_of(table, record)
    posted = make(row).submitted(edit.texts, edit.rendered)
    if edit.version != version_of(table, row):
        return _conflict(session, make(row), row, posted, edit.original)
    form = make(row, post=posted)
    if form.validate():
        try:
            store.update(session, table, record, form.changes())
        except Refused as refused:
            form.add_errors(refused.errors)
        else:
            return Saved(record, row_of(table, record))
    return Invalid(form, row)


def _conflict(
    session: Session, form: RecordForm, row: dict[str, Any], posted: Any, original: Texts
) -> Conflict:
    """Tell mine, theirs and the original; nothing is written."""
    merged = merge(form, original, texts_of(form, posted))
    form.fill(merged.texts)
    return Conflict(form, row, merged.differences, *_who_and_when(session, form.table, row))


def texts_of(form: RecordForm, posted: Any) -> dict[str, str]:
    """Return what was sent, by the columns' names."""
    return {field.column.name: posted[field.name] for field in form.inputs if field.name in posted}


def _who_and_when(
    session: Session, table: Table, row: dict[str, Any]
) -> tuple[str | None, str | None]:
    key = [to_json(row[column.name]) for column in table.key]
    parts = [(table.name, key)]
    for each in table.ancestors:
        named = [to_json(row[column.name]) for column in each.key.columns]
        parts.append((each.table.name, named))
    found = [change for part in parts for change in log.history(session, *part, limit=1)]
    if not found:
        return None, None
    latest = max(found, key=lambda each: each.seq)
    return latest.actor, latest.at.strftime("%Y-%m-%d %H:%M:%S UTC")

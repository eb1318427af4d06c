"""``read`` and ``edit`` of a WebSocket: the form's texts, its checks and its conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from sqlalchemy.orm import Session
from webob.multidict import MultiDict

from dashboard.catalog import Table
from dashboard.changes import ACTOR
from dashboard.forms.names import field_name
from dashboard.forms.records import find, row_of
from dashboard.forms.saving import Conflict, Edit, Gone, Invalid, Outcome, Saved, save
from dashboard.forms.schema import RecordForm
from dashboard.forms.version import version_of
from dashboard.models import reading
from dashboard.streaming.websocket.dialogue import Answer
from dashboard.views.errors import BadInput
from dashboard.views.websocket.records import find_record
from dashboard.views.websocket.talk import Message, Talk, text_in


def read(talk: Talk, message: Message) -> Answer:
    """Answer with the texts of a record's form, and the version that an edit begins from."""
    table, key, address = find_record(talk, text_in(message, "record"))
    talk.allow("edit", table)
    with reading(talk.registry) as session:
        record = find(session, table, key)
        if record is None:
            raise HTTPNotFound(f"There is no such record in {table.label}.")
        row = row_of(table, record)
        form = _form_class(talk, table)(row)
    return Answer({"type": "record", "record": address, **_state(form, row)})


def edit(talk: Talk, message: Message) -> Answer:
    """Save texts for some of a record's columns."""
    table, key, address = find_record(talk, text_in(message, "record"))
    talk.allow("edit", table)
    asked = Edit(
        texts=_texts(table, message.get("texts")),
        version=text_in(message, "version"),
        original=_original(message.get("original")),
    )
    with _writing(talk) as session:
        outcome = save(session, _form_class(talk, table), key, asked)
        reply = {"record": address, **_told(table, outcome)}
        if isinstance(outcome, Saved):
            session.commit()
    return Answer(reply)


def _form_class(talk: Talk, table: Table) -> type[RecordForm]:
    found: type[RecordForm] = talk.registry["dashboard.forms"].get(table, new=False)
    return found


def _writing(talk: Talk) -> Session:
    assert talk.identity is not None  # Nobody else may edit.
    session: Session = talk.registry["dashboard.dbsession_factory"](
        info={ACTOR: talk.identity.name}
    )
    return session


def _texts(table: Table, given: Any) -> MultiDict[str, Any]:
    texts: MultiDict[str, Any] = MultiDict()
    for name, text in _checked("texts", given).items():
        column = table.record_column(name)
        if column is None:
            raise BadInput("texts", f"{table.label} has no column {name[:100]!r}.")
        texts[field_name(column)] = text
    return texts


def _original(given: Any) -> Mapping[str, str]:
    return {} if given is None else _checked("original", given)


def _checked(name: str, given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
        raise BadInput(name, f"{name} is an object of columns' names and texts.")
    return given


def _state(form: RecordForm, row: dict[str, Any]) -> dict[str, Any]:
    return {"version": version_of(form.table, row), "texts": form.texts}


def _told(table: Table, outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Saved(row=row):
            return {"type": "saved", "version": version_of(table, row)}
        case Invalid(form=form):
            errors = [
                {"column": name, "text": text}
                for name, text in [
                    *((None, text) for text in form.form_errors),
                    *((field.column.name, text) for field in form for text in field.errors),
                ]
            ]
            return {"type": "invalid", "errors": errors}
        case Conflict(form=form, row=row, differences=differences, by=by, at=at):
            told = [asdict(each) for each in differences]
            return {
                "type": "conflict",
                **_state(form, row),
                "by": by,
                "at": at,
                "differences": told,
            }
        case Gone():
            return {"type": "gone"}


HANDLERS = {"read": read, "edit": edit}

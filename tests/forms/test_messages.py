"""Edits over a WebSocket: the checks and the conflicts of the form, by the same code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from dashboard.changes import log
from tests.forms import models
from tests.forms.models import Parcel, Person
from tests.support import people
from tests.support.server import Server, running
from tests.support.websocket import Socket


@pytest.fixture
def server(database: str) -> Iterator[Server]:
    with running(database, streaming="hub", models="tests.forms.models") as server:
        models.Base.metadata.create_all(server.registry["dashboard.engine"])
        with server.sessions.begin() as session:
            session.add_all([ada := Person(name="Ada", notes="first"), Person(name="Boss")])
            session.flush()
            parcel = Parcel(depot="north", number=1, owner_id=ada.id, label="x", fragile=True)
            session.add(parcel)
        people.add(server, "ed", "editor")
        people.add(server, "wanda", "watcher")
        yield server


@pytest.fixture
def editor(server: Server) -> Iterator[Socket]:
    with Socket(server.url, people.cookies(people.sign_in(server, "ed"))) as ws:
        yield ws


def person(server: Server, name: str = "Ada") -> Person:
    with server.sessions() as session:
        found: Person = session.scalars(sa.select(Person).where(Person.name == name)).one()
        return found


def notes(server: Server) -> str | None:
    with server.sessions() as session:
        return session.scalar(sa.select(Person.notes).where(Person.id == person(server).id))


def at(record: Person) -> str:
    return f"/tables/person/{record.id}"


def test_reading_and_editing(server: Server, editor: Socket) -> None:
    record = at(person(server))
    read = editor.ask(type="read", record=record)
    assert read["type"] == "record"
    assert (read["texts"]["name"], read["texts"]["notes"]) == ("Ada", "first")
    assert "password" not in read["texts"]
    saved = editor.ask(
        type="edit", record=record, version=read["version"], texts={"notes": "second"}
    )
    assert saved["type"] == "saved"
    assert notes(server) == "second"
    with server.sessions() as session:
        latest = log.history(session, "person", [person(server).id], limit=1)[0]
    assert (latest.actor, latest.before["notes"], latest.after["notes"]) == (
        "ed",
        "first",
        "second",
    )
    again = editor.ask(
        type="edit", record=record, version=saved["version"], texts={"notes": "third"}
    )
    assert again["type"] == "saved"


def test_what_is_not_sent_stays(server: Server, editor: Socket) -> None:
    """A form that lacks a box means that it's empty; a message doesn't."""
    read = editor.ask(type="read", record="/tables/parcel/north,1")
    assert read["texts"]["fragile"] == "true"
    saved = editor.ask(
        type="edit",
        record="/tables/parcel/north,1",
        version=read["version"],
        original=read["texts"],
        texts={"weight": "2.125"},
    )
    assert saved["type"] == "saved"
    with server.sessions() as session:
        parcel = session.scalars(sa.select(Parcel)).one()
    assert (str(parcel.weight), parcel.fragile) == ("2.125", True)


def test_an_invalid_edit_is_refused_where_it_is_wrong(server: Server, editor: Socket) -> None:
    record = at(person(server))
    version = editor.ask(type="read", record=record)["version"]
    answer = editor.ask(
        type="edit", record=record, version=version, texts={"name": "x" * 41, "notes": "mine"}
    )
    assert answer["type"] == "invalid"
    assert [each["column"] for each in answer["errors"]] == ["name"]
    assert "40" in answer["errors"][0]["text"]
    boss = at(person(server, "Boss"))
    version = editor.ask(type="read", record=boss)["version"]
    answer = editor.ask(type="edit", record=boss, version=version, texts={"name": "Servant"})
    assert answer["errors"] == [{"column": None, "text": "The Boss has to stay."}]
    assert notes(server) == "first"


def test_a_conflict_tells_mine_theirs_and_the_original(server: Server, editor: Socket) -> None:
    record = at(person(server))
    read = editor.ask(type="read", record=record)
    with server.sessions.begin() as session:
        session.execute(sa.update(Person).where(Person.name == "Ada").values(notes="theirs"))
    edit: dict[str, Any] = {
        "type": "edit",
        "record": record,
        "original": read["texts"],
        "texts": {"notes": "mine"},
    }
    answer = editor.ask(**edit, version=read["version"])
    assert answer["type"] == "conflict"
    assert answer["texts"]["notes"] == "mine"
    (difference,) = answer["differences"]
    assert (difference["original"], difference["theirs"], difference["mine"]) == (
        "first",
        "theirs",
        "mine",
    )
    assert notes(server) == "theirs"
    assert editor.ask(**edit, version=answer["version"])["type"] == "saved"
    assert notes(server) == "mine"


def test_a_record_that_is_gone(server: Server, editor: Socket) -> None:
    ada = person(server)
    record = at(ada)
    version = editor.ask(type="read", record=record)["version"]
    with server.sessions.begin() as session:
        session.execute(sa.delete(Parcel))
        session.execute(sa.delete(Person).where(Person.id == ada.id))
    answer = editor.ask(type="edit", record=record, version=version, texts={"notes": "x"})
    assert answer["type"] == "gone"
    assert editor.ask(type="read", record=record)["status"] == 404


NO_EDITS: list[dict[str, Any]] = [
    {"texts": {"password": "x"}},
    {"texts": {"id": "9"}},
    {"texts": {"nothing": "x"}},
    {"texts": {"notes": 1}},
    {"texts": ["notes"]},
    {},
    {"texts": {"notes": "x"}, "version": None},
    {"texts": {"notes": "x"}, "original": {"notes": None}},
]


def test_what_is_no_edit(server: Server, editor: Socket) -> None:
    record = at(person(server))
    version = editor.ask(type="read", record=record)["version"]
    for more in NO_EDITS:
        answer = editor.ask(**{"type": "edit", "record": record, "version": version, **more})
        assert (answer["type"], answer.get("status")) == ("error", 400), more
    assert notes(server) == "first"


def test_a_watcher_edits_nothing(server: Server) -> None:
    with Socket(server.url, people.cookies(people.sign_in(server, "wanda"))) as ws:
        record = at(person(server))
        for message in ({"type": "read"}, {"type": "edit", "version": "x", "texts": {}}):
            assert ws.ask(**message, record=record)["status"] == 403


def test_an_edit_waits_for_no_hub(server: Server, editor: Socket) -> None:
    """While an edit waits for the database, other sockets and streams go on."""
    record = at(person(server))
    version = editor.ask(type="read", record=record)["version"]
    with Socket(server.url) as other:
        with server.registry["dashboard.engine"].connect() as blocking:
            blocking.execute(sa.text("UPDATE person SET notes = 'blocked'"))
            editor.send(type="edit", record=record, version=version, texts={"notes": "x"})
            assert other.ask(type="subscribe", topic="/changes")["type"] == "subscribed"
            blocking.rollback()
        assert editor.take("saved")["record"] == record
        assert other.take("change")["data"]["after"]["notes"] == "x"


def test_what_breaks_is_told_and_the_socket_stays(
    server: Server, editor: Socket, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def broken(*arguments: Any, **more: Any) -> None:
        raise RuntimeError("the secret is 4711")

    monkeypatch.setattr("dashboard.forms.messages.save", broken)
    answer = editor.ask(type="edit", record=at(person(server)), version="x", texts={})
    assert answer["status"] == 500
    assert "4711" not in str(answer)
    assert answer["incident"] in caplog.text
    assert editor.ask(type="subscribe", topic="/")["type"] == "subscribed"

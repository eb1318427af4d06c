"""Who watches a record, and who is editing it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.streaming import LocalPresence
from dashboard.streaming.presence import Visitor
from dashboard.streaming.websocket.gatherings import MOST_NAMED, Gatherings
from tests.streaming.test_hub import wait_for
from tests.support import people
from tests.support.server import Server, running
from tests.support.services import address_of
from tests.support.websocket import Socket
from tests.views.websocket.conftest import OpenSocket

RECORD = "/tables/tag/a"


def seen(ws: Socket, *wanted: str) -> dict[str, Any]:
    """Wait until the record's visitors are ``wanted``, as ``name doing``; return the message."""
    for message in ws:
        if message["type"] == "presence":
            found = [f"{each['name']} {each['doing']}" for each in message["visitors"]]
            if found == list(wanted):
                return message
    raise AssertionError


def test_who_comes_changes_and_goes(private: Server, open_socket: OpenSocket) -> None:
    for name, role in (("ada", "editor"), ("wanda", "watcher")):
        people.add(private, name, role)
    ada, wanda = open_socket(private, "ada"), open_socket(private, "wanda")
    ada.send(type="present", record=RECORD, doing="editing")
    message = seen(ada, "ada editing")
    assert message["record"] == RECORD
    assert [each["id"] for each in message["visitors"]] == [(ada.hello or {})["id"]]
    wanda.send(type="present", record=RECORD)
    assert seen(wanda, "ada editing", "wanda watching")["count"] == 2
    seen(ada, "ada editing", "wanda watching")
    ada.send(type="present", record=RECORD, doing="watching")
    seen(wanda, "ada watching", "wanda watching")
    wanda.ask(type="absent", record=RECORD)
    seen(ada, "ada watching")
    assert wanda.quiet(0.3) == []
    wanda.send(type="present", record=RECORD)
    seen(ada, "ada watching", "wanda watching")
    wanda.close()
    seen(ada, "ada watching")
    ada.close()
    presence = private.registry["dashboard.presence"]
    wait_for(lambda: not presence.visitors(RECORD))
    assert presence._places == {}


def test_a_record_has_one_place_however_it_is_written(
    private: Server, open_socket: OpenSocket
) -> None:
    ws = open_socket(private, "root")
    assert ws.ask(type="present", record="/tables/tag/%61?x=1")["record"] == RECORD


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({}, 400),
        ({"record": 1}, 400),
        ({"record": "/tables/tag"}, 400),
        ({"record": "/tables/tag/a/edit"}, 400),
        ({"record": "/tables/none/1"}, 404),
        ({"record": "/tables/tag/a,b"}, 404),
        ({"record": "/tables/people/1"}, 403),
        ({"record": RECORD, "doing": "sleeping"}, 400),
        ({"record": RECORD, "doing": ["editing"]}, 400),
        ({"record": RECORD, "doing": "editing"}, 403),
    ],
    ids=str,
)
def test_where_nobody_may_be(
    private: Server, open_socket: OpenSocket, message: dict[str, Any], status: int
) -> None:
    people.add(private, "wanda", "watcher")
    ws = open_socket(private, "wanda")
    assert ws.ask(type="present", **message)["status"] == status
    assert private.registry["dashboard.presence"]._places == {}


def test_too_many_places(private: Server, open_socket: OpenSocket) -> None:
    ws = open_socket(private, "root")
    answers = [ws.ask(type="present", record=f"/tables/tag/{n}") for n in range(51)]
    assert [each["type"] for each in answers] == ["present"] * 50 + ["error"]
    wait_for(lambda: len(private.registry["dashboard.presence"]._places) == 50)


class Loop:
    """Runs what is due when it's told to."""

    def __init__(self) -> None:
        self.due: list[Any] = []

    def is_closed(self) -> bool:
        return False

    def call_soon_threadsafe(self, call: Any, *arguments: Any) -> None:
        call(*arguments)

    def call_later(self, delay: float, call: Any, *arguments: Any) -> None:
        self.due.append((call, arguments))

    def run(self) -> None:
        due, self.due = self.due, []
        for call, arguments in due:
            call(*arguments)


class Guest:
    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def tell(self, place: str, frame: bytes) -> None:
        self.frames.append(frame)


def test_a_crowd_is_told_of_itself_once() -> None:
    presence, loop = LocalPresence(), Loop()
    gatherings = Gatherings(loop, presence)  # type: ignore[arg-type]
    first = Guest()
    gatherings.enter(RECORD, first)
    for number in range(100):
        presence.enter(RECORD, Visitor(str(number), f"n{number}", "watching"))
    presence.enter(RECORD, Visitor("99", "n99", "editing"))
    assert len(first.frames) == 1
    loop.run()
    assert len(first.frames) == 2
    told = json.loads(first.frames[1][4:])
    assert told["count"] == 100
    assert len(told["visitors"]) == MOST_NAMED
    assert told["visitors"][0]["name"] == "n99"
    gatherings.leave(RECORD, first)
    presence.leave(RECORD, "99")
    loop.run()
    assert len(first.frames) == 2


def test_presence_tells_only_what_has_changed() -> None:
    presence = LocalPresence()
    told: list[str] = []
    presence.watch(told.append)
    ada = Visitor("1", "ada", "watching")
    presence.enter("/a", ada)
    presence.enter("/a", ada)
    presence.leave("/a", "2")
    presence.leave("/b", "1")
    assert told == ["/a"]
    presence.leave("/a", "1")
    assert told == ["/a", "/a"]
    assert presence.visitors("/a") == ()


def test_who_is_with_another_process(database: str, open_socket: OpenSocket) -> None:
    backplane = address_of("redis")
    here = running(database, streaming="hub", backplane=backplane)
    there = running(database, streaming="hub", backplane=backplane)
    with here as one, there as two:
        for each in (one, two):
            wait_for(lambda each=each: each.registry["dashboard.backplane"].connected)
        for name, role in (("ada", "editor"), ("wanda", "watcher")):
            people.add(one, name, role)
        ada, wanda = open_socket(one, "ada"), open_socket(two, "wanda")
        ada.send(type="present", record=RECORD, doing="editing")
        wanda.send(type="present", record=RECORD)
        seen(ada, "ada editing", "wanda watching")
        seen(wanda, "ada editing", "wanda watching")
        ada.close()
        seen(wanda, "wanda watching")

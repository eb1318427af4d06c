"""While it isn't known whether somebody may still listen, a socket says nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dashboard.streaming.websocket.dialogue import Answer, Enter
from dashboard.streaming.websocket.socket import WebSocket
from tests.support.frames import TEXT, frame


class Connection:
    def __init__(self) -> None:
        self.written: list[Any] = []

    def write(self, data: bytes) -> None:
        self.written.append(json.loads(data[2:]))

    def read_on(self, reading: bool) -> None:
        self.reading = reading


class Keeper:
    """A hub that does at once what is asked of another thread."""

    room = True

    def __init__(self) -> None:
        self.gatherings = self
        self.entered: list[str] = []

    def now(self) -> float:
        return 0

    def ask(self, work: Callable[[], Any], done: Callable[[Any], None], stream: Any) -> None:
        done(work())

    def enter(self, place: str, guest: Any) -> None:
        self.entered.append(place)


class Dialogue:
    source: Any = None

    def hello(self) -> dict[str, str]:
        return {"type": "hello"}

    def handle(self, message: Any) -> Answer:
        return Answer({"type": "done"}, Enter("/a"))


def test_nothing_is_said_while_in_doubt() -> None:
    keeper: Any = Keeper()
    dialogue: Any = Dialogue()
    connection: Any = Connection()
    socket = WebSocket(dialogue, until=0, keeper=keeper)
    socket.connection = connection
    question = frame(TEXT, b'{"type":"x"}')
    socket.received(question + question)
    assert connection.written == []
    assert not connection.reading
    socket.channel = keeper  # It has joined.
    socket.joined()
    assert [each["type"] for each in connection.written] == ["hello", "done", "done"]
    assert connection.reading
    assert keeper.entered == ["/a", "/a"]

    socket.channel = None  # Its person has changed.
    socket.tell("/a", b"\x81\x02{}")
    socket.received(question)
    assert len(connection.written) == 3
    socket.channel = keeper
    keeper.entered.clear()
    socket.joined()
    assert [each["type"] for each in connection.written[3:]] == ["done"]
    assert keeper.entered == ["/a", "/a"]

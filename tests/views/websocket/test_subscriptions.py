"""The events of ``/stream`` and ``/changes`` over a WebSocket, to which one may come and go."""

from __future__ import annotations

import threading
from itertools import islice
from typing import Any

import pytest

from dashboard.streaming import framing
from tests.streaming.test_hub import commit, wait_for
from tests.support.page import fetch
from tests.support.server import Server, running
from tests.support.sse import EventStream
from tests.support.websocket import Socket


def seqs(ws: Socket, count: int) -> list[int]:
    changes = (each for each in ws if each["type"] == "change")
    return [each["data"]["seq"] for each in islice(changes, count)]


def test_the_same_changes_as_the_feed(server: Server) -> None:
    with Socket(server.url) as ws, EventStream(f"{server.url}/changes?table=tag") as stream:
        answer = ws.ask(type="subscribe", topic="/changes?table=tag")
        assert answer == {"type": "subscribed", "id": "asked", "topic": "/changes?table=tag"}
        commit(server, "a", "b")
        for each in islice(stream.only("change"), 2):
            message = ws.take("change")
            assert message.pop("topic") == "/changes?table=tag"
            assert message == {"type": "change", "cursor": each.id, "data": each.data}


def test_the_same_patches_as_the_stream(server: Server) -> None:
    commit(server, "a")
    page = fetch(server.url + "/tables/tag?_sort=name")
    name = page.view.name
    with Socket(server.url) as ws:
        assert ws.ask(type="subscribe", topic=name, since=page.cursor)["topic"] == name
        commit(server, "b")
        patch = ws.take("patch")
        assert (patch["topic"], patch["cursor"]) == (name, patch["data"]["at"])
        page.view.apply(patch["data"])
        assert list(page.view.rows) == ["a", "b"]


def test_a_topic_is_told_as_it_is_always_written(server: Server) -> None:
    with Socket(server.url) as ws:
        for topic, told in {
            "/changes?table=tag&table=line&table=tag": "/changes?table=line&table=tag",
            "/changes?": "/changes",
            "/": "/",
            "/tables/tag?_sort=name&_search=": "/tables/tag?_sort=name",
            "/tables/tag/x": "/tables/tag/x",
        }.items():
            assert ws.ask(type="subscribe", topic=topic)["topic"] == told


def test_one_goes_on_from_a_cursor(server: Server) -> None:
    with Socket(server.url) as ws:
        ws.ask(type="subscribe", topic="/changes")
        commit(server, "a", "b")
        first = ws.take("change")
        ws.take("change")
        ws.ask(type="unsubscribe", topic="/changes")
        commit(server, "c")
        ws.ask(type="subscribe", topic="/changes", since=first["cursor"])
        assert seqs(ws, 2) == [2, 3]


def test_a_cursor_that_cannot_be_continued_is_reset(server: Server) -> None:
    with Socket(server.url) as ws:
        ws.send(type="subscribe", topic="/changes", since="nonsense")
        ws.send(type="subscribe", topic="/tables/tag", since="zz-1")
        resets = (each for each in ws if each["type"] == "reset")
        found = {each["topic"]: each["data"] for each in islice(resets, 2)}
        assert found == {"/changes": {"reason": "junk"}, "/tables/tag": {"reason": "epoch"}}


def test_nothing_comes_after_unsubscribing(server: Server) -> None:
    with Socket(server.url) as ws:
        ws.ask(type="subscribe", topic="/changes")
        assert ws.ask(type="unsubscribe", topic="/changes")["type"] == "unsubscribed"
        commit(server, "a")
        assert ws.quiet(0.3) == []
        assert ws.ask(type="unsubscribe", topic="/changes")["status"] == 404
    wait_for(lambda: server.hub.metrics.streams == 0)


def test_an_event_is_encoded_once_for_all_sockets(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[Any] = []
    encode = framing.MESSAGES.encode

    def counting(event: Any, name: str) -> bytes:
        encoded.append(event["event"])
        return encode(event, name)

    kind = framing.Framing(counting, framing.bare)
    monkeypatch.setattr("dashboard.streaming.websocket.socket.MESSAGES", kind)
    sockets = [Socket(server.url) for _ in range(10)]
    with EventStream(f"{server.url}/changes") as stream:
        for each in sockets:
            each.ask(type="subscribe", topic="/changes")
        wait_for(lambda: server.hub.metrics.streams == 21)
        hub: Any = server.hub
        wait_for(lambda: sorted(len(each.streams) for each in hub._channels.values()) == [10, 11])
        commit(server, "one")
        for each in sockets:
            assert each.take("change")["data"]["key"] == ["one"]
            each.close()
        assert next(stream.only("change")).data["key"] == ["one"]
    assert encoded.count("change") == 1


BAD: dict[str, tuple[dict[str, Any], int]] = {
    "no topic": ({"type": "subscribe"}, 400),
    "a topic that is none": ({"type": "subscribe", "topic": "nonsense"}, 400),
    "a topic that is no text": ({"type": "subscribe", "topic": ["/"]}, 400),
    "no such table": ({"type": "subscribe", "topic": "/tables/none"}, 404),
    "no such feed": ({"type": "subscribe", "topic": "/changes?table=none"}, 404),
    "not for everybody": ({"type": "subscribe", "topic": "/tables/people"}, 403),
    "a feed that isn't": ({"type": "subscribe", "topic": "/changes?table=people"}, 403),
    "more in a feed": ({"type": "subscribe", "topic": "/changes?since=1-1"}, 400),
    "a query that means nothing": ({"type": "subscribe", "topic": "/tables/tag?x=1"}, 400),
    "bytes": ({"type": "subscribe", "topic": "/tables/%ff"}, 400),
    "a window of nothing": ({"type": "subscribe", "topic": "/", "window": 0}, 400),
    "a window that is true": ({"type": "subscribe", "topic": "/", "window": True}, 400),
    "since that is no text": ({"type": "subscribe", "topic": "/", "since": 1}, 400),
    "no type of ours": ({"type": "shout"}, 400),
    "not subscribed": ({"type": "unsubscribe", "topic": "/"}, 404),
    "nothing to acknowledge": ({"type": "ack", "topic": "/", "cursor": "a-1"}, 404),
    "an edit by nobody": (
        {"type": "edit", "record": "/tables/tag/a", "version": "x", "texts": {}},
        403,
    ),
    "a look by nobody": ({"type": "read", "record": "/tables/tag/a"}, 403),
    "presence of nobody": ({"type": "present", "record": "/tables/tag/a"}, 403),
}


def test_what_makes_no_sense_is_told_and_the_socket_stays(server: Server) -> None:
    with Socket(server.url) as ws:
        for name, (message, status) in BAD.items():
            answer = ws.ask(**message)
            assert (answer["type"], answer["status"]) == ("error", status), name
            assert answer["text"], name
        for bad in ({}, [], 1.5, "x" * 101, 2**60):
            ws.send(type="subscribe", id=bad, topic="/")
            assert (each := ws.take("error"))["parameter"] == "id"
            assert each["id"] is None
        assert ws.ask(type="subscribe", topic="/")["type"] == "subscribed"


def test_subscriptions_have_a_limit(server: Server) -> None:
    with Socket(server.url) as ws:
        kinds = [ws.ask(type="subscribe", topic=f"/tables/tag/{n}")["type"] for n in range(51)]
        assert kinds == ["subscribed"] * 50 + ["error"]


@pytest.mark.parametrize("topic", ["/changes", "/tables/tag?_size=1000"])
def test_a_window_waits_for_acknowledgements(server: Server, topic: str) -> None:
    with Socket(server.url) as ws:
        ws.ask(type="subscribe", topic=topic, window=3, since=fetch(server.url + "/").cursor)
        got: list[str] = []
        under_way: list[str] = []
        for number in range(12):
            commit(server, f"tag-{number:02}")
        while len(got) < 12:
            message = ws.take("change", "patch")
            under_way.append(message["cursor"])
            got += [key for key in keys(message) if key not in got]
            if len(under_way) == 3 or len(got) == 12:
                ws.send(type="ack", topic=topic, cursor=under_way[-1])
                last, under_way = under_way[-1], []
        assert got == [f"tag-{number:02}" for number in range(12)]
        assert ws.ask(type="ack", topic=topic, cursor=last)["status"] == 404


def keys(message: dict[str, Any]) -> list[str]:
    data = message["data"]
    if message["type"] == "change":
        return list(data["key"])
    puts = [each for each in data["ops"] if each["op"] == "put"]
    rows = [each["html"] for each in data["ops"] if each.get("target") == "rows"]
    text = "".join([each["html"] for each in puts] + rows)
    return sorted({part.split('"')[0] for part in text.split('data-key="')[1:]})


def test_a_full_window_stops_and_an_acknowledgement_goes_on(server: Server) -> None:
    with Socket(server.url) as ws:
        ws.ask(type="subscribe", topic="/changes", window=2)
        commit(server, "a")
        commit(server, "b")
        first, second = ws.take("change"), ws.take("change")
        commit(server, "c")
        commit(server, "d")
        assert ws.quiet(0.4) == []
        ws.send(type="ack", topic="/changes", cursor=first["cursor"])
        assert seqs(ws, 2) == [3, 4]
        assert ws.ask(type="ack", topic="/changes", cursor=first["cursor"])["status"] == 404
        ws.send(type="ack", topic="/changes", cursor=second["cursor"])


def test_a_window_waits_while_catching_up_too(server: Server) -> None:
    with Socket(server.url) as ws:
        start = fetch(server.url + "/").cursor
        for name in "abc":
            commit(server, name)
        ws.ask(type="subscribe", topic="/changes", since=start, window=2)
        caught = [ws.take("change") for _ in range(3)]
        commit(server, "d")
        assert ws.quiet(0.4) == []
        ws.send(type="ack", topic="/changes", cursor=caught[2]["cursor"])
        assert seqs(ws, 1) == [4]


def test_a_storm_is_heard_once_and_in_order(database: str) -> None:
    """While one comes and goes, acknowledges late, and others listen on the same socket."""
    done = threading.Event()
    with running(database, streaming="hub", heartbeat=0.3) as server:

        def write() -> None:
            number = 0
            while not done.is_set():
                commit(server, f"storm {number}")
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            with Socket(server.url) as ws:
                # What comes while a later answer is awaited isn't seen here, nor acknowledged.
                ws.ask(type="subscribe", topic="/changes?table=tag")
                ws.ask(type="subscribe", topic="/changes", window=5)
                heard: dict[str, list[int]] = {"/changes": [], "/changes?table=tag": []}
                while min(map(len, heard.values())) < 150:
                    message = ws.take("change")
                    heard[message["topic"]].append(message["data"]["seq"])
                    if message["topic"] == "/changes" and len(heard["/changes"]) % 5 == 0:
                        ws.send(type="ack", topic="/changes", cursor=message["cursor"])
                for found in heard.values():
                    assert found == list(range(found[0], found[0] + len(found)))
        finally:
            done.set()
            writer.join()

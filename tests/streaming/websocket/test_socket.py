"""WebSockets of the real server: the handshake, the limits, and every way to end."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from wsproto.events import CloseConnection, Ping, TextMessage

from dashboard.streaming.websocket.parser import LARGEST_MESSAGE
from tests.streaming.test_hub import commit, read_until, wait_for
from tests.support.frames import BINARY, CONTINUATION, PING, TEXT, frame
from tests.support.server import Server, running
from tests.support.sse import EventStream
from tests.support.websocket import Socket

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.fixture
def hub_server(database: str) -> Iterator[Server]:
    with running(database, streaming="hub", heartbeat=0.4) as server:
        yield server


def get(server: Server, **headers: str) -> httpx.Response:
    return httpx.get(f"{server.url}/ws", headers=headers)


def test_the_answer_to_the_example_of_the_standard(hub_server: Server) -> None:
    with socket.create_connection(hub_server.url.removeprefix("http://").split(":")) as sock:
        lines = ["GET /ws HTTP/1.1", f"Host: {hub_server.url.removeprefix('http://')}"]
        lines += [f"{name}: {value}" for name, value in HANDSHAKE.items()]
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        head, _, first = read_until(sock, b"hello").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        found = [line.lower() for line in head.split(b"\r\n")[1:]]
        assert b"sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=" in found
        assert found.count(b"connection: upgrade") == 1
        assert found.count(b"upgrade: websocket") == 1
        unwanted = (b"content-type", b"content-length", b"transfer-", b"set-cookie")
        assert not any(line.startswith(unwanted) for line in found)
        assert first[:1] == b"\x81"


def test_compression_is_not_agreed_to(hub_server: Server) -> None:
    headers = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    with Socket(hub_server.url, headers) as ws:
        assert ws.status == 101
        assert "sec-websocket-extensions" not in ws.headers


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Upgrade": ""}, 426),
        ({"Upgrade": "h2c"}, 426),
        ({"Connection": "close"}, 426),
        ({"Sec-WebSocket-Key": "short"}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"Sec-WebSocket-Version": "8"}, 400),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
    ids=str,
)
def test_what_is_no_handshake(hub_server: Server, changed: dict[str, str], status: int) -> None:
    answer = get(hub_server, **{**HANDSHAKE, **changed})
    assert answer.status_code == status
    assert answer.json()["error"]["text"].endswith(".")
    if status == 426:
        assert answer.headers["Upgrade"] == "websocket"
    assert hub_server.hub.metrics.opened == 0


def test_another_origin_by_port_is_another(hub_server: Server) -> None:
    with Socket(hub_server.url, {"Origin": "http://127.0.0.1:1"}) as ws:
        assert ws.status == 403
    with Socket(hub_server.url, {"Origin": hub_server.url}) as ws:
        assert ws.status == 101


def test_another_server_says_that_it_has_none(database: str) -> None:
    with running(database, streaming="threads") as server:
        assert get(server).status_code == 426
        answer = get(server, **HANDSHAKE)
        assert answer.status_code == 501
        assert "egg:dashboard" in answer.json()["error"]["text"]


def test_sockets_count_as_streams(database: str) -> None:
    with running(database, streaming="hub", max_streams=2) as server:
        with Socket(server.url) as ws:
            assert ws.ask(type="subscribe", topic="/changes")["type"] == "subscribed"
            refused = ws.ask(type="subscribe", topic="/tables/tag")
            assert (refused["type"], refused["status"]) == ("error", 503)
            with Socket(server.url) as other:
                assert other.status == 503
                assert int(other.headers["retry-after"]) > 0
            assert ws.ask(type="unsubscribe", topic="/changes")["type"] == "unsubscribed"
            assert ws.ask(type="subscribe", topic="/tables/tag")["type"] == "subscribed"
        wait_for(lambda: server.hub.metrics.streams == 0)


BROKEN = {
    "unmasked": (frame(TEXT, b'{"type":"ack"}', mask=None), 1002),
    "binary": (frame(BINARY, b"{}"), 1003),
    "not UTF-8": (frame(TEXT, b'{"type":"\xff"}'), 1007),
    "not JSON": (frame(TEXT, b"hello"), 1008),
    "not UTF-8, in fragments": (frame(TEXT, b'"\xc3', fin=False) + frame(CONTINUATION, b'"'), 1007),
    "a fragment of nothing": (frame(CONTINUATION, b"{}"), 1002),
    "a message within another": (frame(TEXT, b"{", fin=False) + frame(TEXT, b"{}"), 1002),
    "a fragmented ping": (frame(PING, b"x", fin=False), 1002),
    "oversized": (frame(TEXT, b"", length=10_000_000), 1009),
    "too many": (frame(PING) * 1000, 1008),
}


@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_closes_with_its_code(hub_server: Server, data: bytes, code: int) -> None:
    with Socket(hub_server.url) as ws, Socket(hub_server.url) as other:
        ws.socket.sendall(data)
        assert ws.closed().code == code
        assert other.ask(type="subscribe", topic="/changes")["type"] == "subscribed"
    wait_for(lambda: hub_server.hub.metrics.streams == 0)


def test_a_close_with_unread_data_still_arrives(hub_server: Server) -> None:
    """A socket that is closed with something unread resets, and what was sent may be lost."""
    for _ in range(20):
        with Socket(hub_server.url) as ws:
            ws.socket.sendall(b"\xff" * 200_000)
            assert ws.closed().code == 1002


def test_a_client_may_end_it(hub_server: Server) -> None:
    with Socket(hub_server.url) as ws:
        ws.send_events(CloseConnection(code=1000, reason="done"))
        assert (ws.closed().code, ws.socket.recv(1)) == (1000, b"")
    wait_for(lambda: hub_server.hub.metrics.streams == 0)


def test_fragments_and_pings(hub_server: Server) -> None:
    with Socket(hub_server.url) as ws:
        text = '{"type":"subscribe","id":1,"topic":"/changes"}'
        ws.send_events(
            TextMessage(data=text[:9], message_finished=False),
            Ping(payload=b"now"),
            TextMessage(data=text[9:20], message_finished=False),
            TextMessage(data=text[20:]),
        )
        assert ws.take("subscribed")["id"] == 1
        assert ws.pongs == [b"now"]


def test_fragments_that_are_too_much_together(hub_server: Server) -> None:
    with Socket(hub_server.url) as ws:
        half = "x" * (LARGEST_MESSAGE // 2 + 1)
        ws.send_events(TextMessage(data=half, message_finished=False), TextMessage(data=half))
        assert ws.closed().code == 1009


def test_heartbeats_are_messages_and_pings(hub_server: Server) -> None:
    with Socket(hub_server.url) as ws:
        first, second = ws.take("ping"), ws.take("ping")
        assert first["data"]["head"] == second["data"]["head"] == second["cursor"]
        ws.take("ping")
        assert ws.pings >= 2


def test_a_client_that_answers_no_ping_is_closed(hub_server: Server) -> None:
    with Socket(hub_server.url) as ws:
        started = time.monotonic()
        data = b""
        while some := ws.socket.recv(65536):
            data += some
        assert data.endswith(b"\x88\x08\x03\xf3silent")
        assert time.monotonic() - started < 4
    wait_for(lambda: hub_server.hub.metrics.byes == {"silent": 1})


def test_a_client_that_takes_nothing_is_closed(database: str) -> None:
    with running(database, streaming="hub", backlog=50_000) as server, Socket(server.url) as ws:
        assert ws.ask(type="subscribe", topic="/changes")["type"] == "subscribed"
        number = 0
        while not server.hub.metrics.overflows:
            commit(server, *(f"{number}-{each}-{'x' * 40}" for each in range(400)))
            number += 1
            assert number < 100
        closed = ws.closed()
        assert (closed.code, closed.reason) == (1013, "overflow")
        seqs = [each["data"]["seq"] for each in ws.passed if each["type"] == "change"]
        assert seqs == list(range(1, len(seqs) + 1))


def test_a_lifetime_ends_the_whole_socket(database: str) -> None:
    with running(database, streaming="hub", lifetime=0.4, heartbeat=0.3) as server:
        with Socket(server.url) as ws:
            ws.ask(type="subscribe", topic="/changes")
            closed = ws.closed()
        assert (closed.code, closed.reason) == (1000, "lifetime")
        wait_for(lambda: server.hub.metrics.streams == 0)


def test_shutdown_closes_all_with_1001(database: str) -> None:
    with running(database, streaming="hub") as server:
        sockets = [Socket(server.url) for _ in range(10)]
        for each in sockets:
            each.ask(type="subscribe", topic="/changes")
        stream = EventStream(f"{server.url}/changes")
        wait_for(lambda: server.hub.metrics.streams == 21)
        started = time.monotonic()
        server.hub.shut_down(timeout=1)
        assert time.monotonic() - started < 3
        for each in sockets:
            closed = each.closed()
            assert (closed.code, closed.reason) == (1001, "shutdown")
            assert not any(message["type"] == "ended" for message in each.passed)
            each.close()
        assert list(stream)[-1].data == {"reason": "shutdown"}
        stream.close()


def test_a_broken_topic_ends_its_subscription_alone(
    hub_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.views.stream import ViewStream

    def take(self: Any, timeout: float) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(ViewStream, "take", take)
    with Socket(hub_server.url) as ws:
        ws.send(type="subscribe", topic="/tables/tag")
        assert ws.take("ended") == {"type": "ended", "topic": "/tables/tag", "reason": "failed"}
        assert ws.ask(type="subscribe", topic="/changes")["type"] == "subscribed"
    wait_for(lambda: hub_server.hub.metrics.streams == 0)


def test_random_bytes_never_harm_the_hub(database: str) -> None:
    rng = random.Random(1)
    kinds: list[Callable[[], bytes]] = [
        lambda: rng.randbytes(rng.randrange(200)),
        lambda: frame(TEXT, rng.randbytes(rng.randrange(300))),
        lambda: frame(rng.randrange(16), b'{"type":"subscribe","topic":"/"}'),
        lambda: frame(TEXT, b'{"type":"%s","id":{}}' % rng.choice([b"ack", b"edit", b"x"])),
        lambda: frame(TEXT, b'{"type":"subscribe","topic":"/tables/%c"}' % rng.randrange(97, 123)),
        lambda: frame(TEXT, b"{", fin=False),
    ]
    # One who is busy with others answers no pings, and isn't to be missed for that.
    calm = running(database, streaming="hub", heartbeat=3)
    with calm as hub_server, Socket(hub_server.url) as steady:
        steady.ask(type="subscribe", topic="/changes")
        for _ in range(60):
            with Socket(hub_server.url, greet=False) as ws:
                try:
                    for _ in range(rng.randrange(8)):
                        ws.socket.sendall(rng.choice(kinds)())
                except OSError:
                    pass  # It was closed already, as it should be.
        commit(hub_server, "still there")
        assert steady.take("change")["data"]["key"] == ["still there"]
        wait_for(lambda: hub_server.hub.metrics.streams == 2, seconds=20)
    assert hub_server.hub.metrics.lag < 1

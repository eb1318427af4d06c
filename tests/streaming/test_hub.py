"""The hub: every stream on one thread, none of them able to hurt another."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

import pytest

from dashboard.streaming.hub import Hub
from tests.support.server import Server, running
from tests.support.shop import Tag
from tests.support.sse import EventStream


def commit(server: Server, *names: str) -> None:
    with server.sessions.begin() as session:
        session.add_all(Tag(name=name) for name in names)


def wait_for(condition: Callable[[], Any], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def raw(server: Server, path: str, version: str = "1.1") -> socket.socket:
    """Ask for ``path`` and read nothing of the answer."""
    parts = urlsplit(server.url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(10)
    sock.connect((parts.hostname, parts.port))
    sock.sendall(f"GET {path} HTTP/{version}\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return sock


def read_until(sock: socket.socket, marker: bytes) -> bytes:
    data = b""
    while marker not in data:
        some = sock.recv(65536)
        assert some, data
        data += some
    return data


@pytest.fixture
def hub_server(database: str) -> Iterator[Server]:
    with running(database, streaming="hub", heartbeat=0.4) as server:
        yield server


def test_streams_hold_no_thread(database: str) -> None:
    with running(database, streaming="hub") as server:
        streams = [EventStream(f"{server.url}/changes") for _ in range(60)]
        hub: Hub = server.hub
        wait_for(lambda: hub.metrics.streams == 60)
        commit(server, "seen by all")
        for stream in streams:
            assert next(stream.only("change")).data["key"] == ["seen by all"]
            stream.close()
        wait_for(lambda: hub.metrics.streams == 0)


def test_events_of_one_channel_are_encoded_once(
    hub_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.streaming import framing

    encoded = []
    encode = framing.encode
    monkeypatch.setattr(framing, "encode", lambda event: encoded.append(event) or encode(event))
    streams = [EventStream(f"{hub_server.url}/changes") for _ in range(10)]
    pings = [next(stream.only("ping")) for stream in streams]  # All have joined the channel.
    assert len(pings) == 10
    commit(hub_server, "once")
    for stream in streams:
        assert next(stream.only("change")).data["key"] == ["once"]
        stream.close()
    assert sum(event.get("event") == "change" for event in encoded) == 1


def test_http_1_0_gets_the_stream_without_chunks(hub_server: Server) -> None:
    sock = raw(hub_server, "/changes", version="1.0")
    head, _, rest = read_until(sock, b"retry: ").partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    commit(hub_server, "plain")
    body = rest + read_until(sock, b'"plain"')
    lines = body.decode().splitlines()
    assert all(not line or line.split(":")[0] in ("id", "event", "data", "retry") for line in lines)
    sock.close()


def test_a_client_that_goes_frees_its_place(hub_server: Server) -> None:
    stream = EventStream(f"{hub_server.url}/stream?view=/tables/tag")
    next(iter(stream))
    wait_for(lambda: hub_server.hub.metrics.streams == 1)
    stream.close()
    wait_for(lambda: hub_server.hub.metrics.streams == 0)
    live_views = hub_server.registry["dashboard.live_views"]
    wait_for(lambda: live_views.watchers == 0)


def test_a_client_that_went_before_the_hub_had_it_leaves_nothing_behind(
    hub_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopt, adopted = Hub.adopt, threading.Event()

    def late(hub: Hub, client: socket.socket, unsent: bytes, *rest: Any) -> None:
        # A socket that doesn't linger resets its connection.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        adopt(hub, client, unsent or b"retry: 1\n\n", *rest)
        adopted.set()

    monkeypatch.setattr(Hub, "adopt", late)
    sock = raw(hub_server, "/stream?view=/tables/tag")
    assert adopted.wait(5)
    monkeypatch.undo()
    with EventStream(f"{hub_server.url}/changes") as stream:
        assert next(stream.only("ping"))
        assert hub_server.hub.metrics.streams == 1
    wait_for(lambda: hub_server.registry["dashboard.live_views"].watchers == 0)


def test_a_full_hub_answers_503_and_says_when_to_come_back(database: str) -> None:
    with running(database, streaming="hub", max_streams=1) as server:
        with EventStream(f"{server.url}/changes"):
            wait_for(lambda: server.hub.metrics.streams == 1)
            with EventStream(f"{server.url}/changes") as refused:
                assert refused.status == 503
                assert int(refused.response.headers["Retry-After"]) > 0
        wait_for(lambda: server.hub.metrics.streams == 0)
        with EventStream(f"{server.url}/changes") as again:
            assert again.status == 200


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_slow_client_is_sent_off_and_misses_nothing_when_it_returns(
    database: str, version: str
) -> None:
    with running(database, streaming="hub", backlog=50_000, heartbeat=300) as server:
        slow = raw(server, "/changes", version)
        head = read_until(slow, b"retry: ")
        assert b"200 OK" in head
        with EventStream(f"{server.url}/changes") as quick:
            events = quick.only("change")
            for number in range(20):
                commit(server, *(f"{number}-{each}-{'x' * 40}" for each in range(400)))
                for _ in range(400):
                    last = next(events)
        assert last.data["seq"] == 8000
        wait_for(lambda: server.hub.metrics.overflows == 1)
        slow.settimeout(5)
        text = b""
        while some := slow.recv(65536):
            text += some
        slow.close()
        # What it took ends with a whole event, or breaks off where the server gave up on it.
        seen = [
            int(part.split(b"\n")[0].rsplit(b"-", 1)[1])
            for part in (b"\n" + text).split(b"\nid: ")[1:-1]
        ]
        assert seen == list(range(1, len(seen) + 1))
        epoch = server.registry["dashboard.broadcaster"].position.epoch
        headers = {"Last-Event-ID": f"{epoch}-{seen[-1] if seen else 0}"}
        with EventStream(f"{server.url}/changes", headers) as again:
            events = again.only("change")
            rest = [next(events).data["seq"] for _ in range(8000 - len(seen))]
        assert rest == list(range(len(seen) + 1, 8001))


def test_a_lifetime_ends_with_bye(database: str) -> None:
    short = running(database, streaming="hub", lifetime=0.3, heartbeat=0.2)
    with short as server, EventStream(f"{server.url}/changes") as stream:
        assert next(stream.only("bye")).data == {"reason": "lifetime"}
        assert list(stream) == []
        hub: Any = server.hub
        wait_for(lambda: not hub._channels)  # Else its views would be evaluated for nobody.


def test_shutdown_says_goodbye_to_all_and_ends_whole(database: str) -> None:
    with running(database, streaming="hub") as server:
        streams = [EventStream(f"{server.url}/changes") for _ in range(20)]
        socks = [raw(server, "/stream?view=/tables/tag") for _ in range(5)]
        wait_for(lambda: server.hub.metrics.streams == 25)
        started = time.monotonic()
        server.hub.shut_down()
        assert time.monotonic() - started < 3
        for stream in streams:
            events = list(stream)
            assert events[-1].event == "bye"
            assert events[-1].data == {"reason": "shutdown"}
            assert stream.retry is not None and stream.retry >= 1000
            stream.close()
        for sock in socks:
            data = b""
            while some := sock.recv(65536):
                data += some
            assert data.endswith(b"\r\n0\r\n\r\n")
            sock.close()


def test_heartbeats_are_spread_over_the_interval(database: str) -> None:
    from dashboard.streaming.heartbeats import Heartbeats

    wheel = Heartbeats(interval=15)
    streams: list[Any] = [object() for _ in range(6000)]
    for stream in streams:
        wheel.add(stream)
    turns = [list(wheel.turn()) for _ in range(60)]
    assert sorted(map(id, chain(*turns))) == sorted(map(id, streams))
    assert max(map(len, turns)) < 3 * 6000 / 60
    wheel.remove(streams[0])
    assert all(streams[0] not in wheel.turn() for _ in range(60))


def test_a_stream_that_joins_in_the_middle_of_a_storm_misses_nothing(hub_server: Server) -> None:
    import threading

    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            commit(hub_server, f"storm {number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(30):
            with EventStream(f"{hub_server.url}/changes") as stream:
                seqs = [each.data["seq"] for each in islice(stream.only("change"), 20)]
            assert seqs == list(range(seqs[0], seqs[0] + 20))
            cursor = stream.last_id
            with EventStream(f"{hub_server.url}/changes", {"Last-Event-ID": cursor or ""}) as again:
                more = [each.data["seq"] for each in islice(again.only("change"), 20)]
            assert more == list(range(more[0], more[0] + 20))
            assert more[0] == int((cursor or "").rsplit("-")[1]) + 1
    finally:
        done.set()
        writer.join()

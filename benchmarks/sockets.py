"""Clients of ``/ws`` for a crowd: they shake hands, subscribe to one topic, and stay."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.crowd import HEAD_END, Address, Crowd, read_until
from tests.support.frames import PONG, TEXT, frame

ROUND = 10.0
"""Seconds, well below a heartbeat: who isn't heard between two of them is closed."""


@dataclass(frozen=True)
class SocketAddress(Address):
    """``path`` is that of the WebSocket, ``topic`` what its client subscribes to from ``since``."""

    topic: str
    since: str

    def request(self, headers: str = "") -> bytes:
        return (
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        ).encode("ascii")

    def begin(self, sock: socket.socket) -> bytes:
        data = read_until(sock, HEAD_END, b" 101 ")
        if b'"hello"' not in data:
            data += read_until(sock, b'"hello"')
        message = {"type": "subscribe", "topic": self.topic, "since": self.since}
        sock.sendall(frame(TEXT, json.dumps(message).encode()))
        return read_until(sock, b'"subscribed"')


def answer_pings(sockets: Sequence[socket.socket]) -> None:
    """Send a pong from each.

    The server takes one that it hasn't asked for as a sign of life as well (RFC 6455, 5.5.3).
    """
    for sock in sockets:
        sock.send(frame(PONG))


def rest(sockets: Sequence[socket.socket], crowd: Crowd, seconds: float) -> None:
    """Let time pass, in which the crowd reads and each socket sends a pong every ROUND seconds."""
    began = time.monotonic()
    for number in range(1, round(seconds / ROUND * len(sockets)) + 1):
        answer_pings([sockets[number % len(sockets)]])
        wait = began + number * ROUND / len(sockets) - time.monotonic()
        if wait > 0:
            crowd.check(0, wait)

"""A client of many streams that are of different views: when each got which patch."""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.crowd import HEAD_END, LARGEST_READ, PER_SECOND, Address

PATCH = b"event: patch\n"
AT = re.compile(rb'"at":"[a-z0-9]+-(\d+)"')
OPERATION = b'"op":"'


@dataclass
class Stream:
    """``patches`` are (time in ns, cursor's number, operations), where somebody looks at them."""

    sock: socket.socket
    looked_at: bool
    data: bytearray = field(default_factory=bytearray)
    patches: list[tuple[int, int, int]] = field(default_factory=list)
    events: int = 0
    closed: bool = False

    def take(self, piece: bytes, at: int, marker: bytes) -> None:
        self.data += piece
        *events, rest = self.data.split(b"\n\n")
        self.data = bytearray(rest)
        for event in events:
            if marker in event:
                self.events += 1
                found = AT.search(event) if self.looked_at else None
                if found:
                    self.patches.append((at, int(found[1]), event.count(OPERATION)))


class Streams:
    """Use it in a ``with``; ``groups`` has the streams of each address."""

    def __init__(self, marker: bytes = PATCH) -> None:
        self._marker = marker.rstrip()
        self._poll = select.epoll()
        self._streams: dict[int, Stream] = {}
        self.groups: dict[str, list[Stream]] = {}

    def __enter__(self) -> Streams:
        return self

    def __exit__(self, *exception: object) -> None:
        for stream in self._streams.values():
            stream.sock.close()
        self._poll.close()

    def connect(self, address: Address, count: int, looked_at: int) -> None:
        """Open ``count`` streams of one address, of which some have their patches noted."""
        for number in range(count):
            time.sleep(1 / PER_SECOND)
            sock = socket.create_connection(("127.0.0.1", address.port), timeout=60)
            sock.sendall(address.request())
            data = b""
            while HEAD_END not in data:
                data += sock.recv(65536) or b"closed\r\n\r\n"
            if b" 200 " not in data[:20]:
                raise RuntimeError(f"{address.path} is refused: {data[:300]!r}")
            sock.setblocking(False)
            stream = self._streams[sock.fileno()] = Stream(sock, number < looked_at)
            self.groups.setdefault(address.path, []).append(stream)
            self._poll.register(sock.fileno(), select.EPOLLIN)

    def forget(self) -> None:
        for stream in self._streams.values():
            stream.patches.clear()
            stream.events = 0

    def listen(self, seconds: float, least: int | None = None) -> None:
        """Read what comes within some seconds, or until each stream has ``least`` events."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if least is not None and all(each.events >= least for each in self):
                return
            for number, _ in self._poll.poll(0.02, 1024):
                stream = self._streams[number]
                piece = stream.sock.recv(LARGEST_READ)
                if piece:
                    stream.take(piece, time.monotonic_ns(), self._marker)
                else:
                    stream.closed = True
                    self._poll.unregister(number)

    @property
    def closed(self) -> int:
        return sum(stream.closed for stream in self._streams.values())

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._streams.values())

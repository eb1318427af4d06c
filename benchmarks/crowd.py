"""The client: thousands of connections on one thread, counting events and nothing else.

It reads large pieces and counts a marker in them, so one core keeps up with servers that write
more than a million events a second. Each connection is counted for itself; an event that is
missing or comes twice shows.
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.window import Window

PER_SECOND = 2000
AT_ONCE = 64
HEAD_END = b"\r\n\r\n"
LARGEST_READ = 256 * 1024

Watch = Callable[[int, int, memoryview], None]
"""Gets the time in ns, the connection's count so far, and what was read."""


class Lost(RuntimeError):
    """A client lacks events, got some twice, or its connection was closed."""


@dataclass(frozen=True)
class Address:
    port: int
    path: str

    def request(self, headers: str = "") -> bytes:
        return (
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Accept: text/event-stream\r\n{headers}\r\n"
        ).encode("ascii")

    def begin(self, sock: socket.socket) -> bytes:
        """Read the response's head, and whatever comes with it."""
        return read_until(sock, HEAD_END, b" 200 ")


def read_until(sock: socket.socket, end: bytes, status: bytes = b"") -> bytes:
    """Return what comes up to ``end`` and with it; raise Lost where the server closes first."""
    data = b""
    while end not in data:
        piece = sock.recv(65536)
        if not piece:
            raise Lost(f"The server closed a stream at its start: {data[:300]!r}")
        data += piece
    if status not in data[:20]:
        raise Lost(f"The server refused a stream: {data[:300]!r}")
    return data


class Crowd:
    """Clients of one server; use it in a ``with``."""

    def __init__(self, address: Address, marker: bytes, window: Window) -> None:
        self._address = address
        self._marker = marker
        self._inside = frozenset(marker[:-1])
        self._window = window
        self._poll = select.epoll()
        self._buffer = bytearray(LARGEST_READ)
        self._view = memoryview(self._buffer)
        self._sockets: dict[int, socket.socket] = {}
        self._readers: dict[int, Callable[[bytearray], int]] = {}
        self._tails: dict[int, bytes] = {}
        self._watches: dict[int, Watch] = {}
        self.counts: dict[int, int] = {}
        self.received = 0
        window.put(0)

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._sockets)

    def connect(
        self, count: int, buffer: int | None = None, address: Address | None = None
    ) -> list[socket.socket]:
        """Open ``count`` streams, some at once and not more than PER_SECOND in a second.

        ``buffer`` is what the kernel may hold for a client that doesn't read, as on a phone.
        ``address`` is another than the crowd's own.
        """
        address = address or self._address
        opened: list[socket.socket] = []
        waiting: deque[socket.socket] = deque()
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            sock = socket.socket()
            sock.settimeout(60)
            if buffer is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            sock.connect(("127.0.0.1", address.port))
            sock.sendall(address.request())
            opened.append(sock)
            waiting.append(sock)
            if len(waiting) >= AT_ONCE:
                self._add(waiting.popleft(), address)
        while waiting:
            self._add(waiting.popleft(), address)
        return opened

    def _add(self, sock: socket.socket, address: Address) -> None:
        """Read how the stream begins, and wait for events from then on."""
        data = address.begin(sock)
        sock.setblocking(False)
        number = sock.fileno()
        self._sockets[number] = sock
        self._readers[number] = sock.recv_into
        self._tails[number] = b""
        self.counts[number] = data.count(self._marker)
        self._poll.register(number, select.EPOLLIN)

    def watch(self, numbers: Iterable[int], make: Callable[[], Watch | None]) -> None:
        """Have each read of some connections looked at by what ``make`` returns."""
        for number in numbers:
            watch = make()
            if watch is not None:
                self._watches[number] = watch

    def stall(self, numbers: Iterable[int]) -> dict[int, socket.socket]:
        """Stop reading some connections, and give their sockets away."""
        for number in numbers:
            self._poll.unregister(number)
            del self.counts[number], self._readers[number]
        return {number: self._sockets.pop(number) for number in numbers}

    def forget(self) -> None:
        """Count from 0 again."""
        self.counts = dict.fromkeys(self.counts, 0)
        self.received = 0
        self._window.put(0)

    def receive(self, target: int, timeout: float, rest: float = 0) -> int:
        """Read until each client has ``target`` events; return when the last one had, in ns.

        With a ``rest`` of some seconds between one look and the next, events gather: a read then
        brings several, and the client keeps up with any server.

        Raises Lost where that takes longer than ``timeout`` seconds, or a stream is closed.
        """
        counts, readers, buffer, marker = self.counts, self._readers, self._buffer, self._marker
        tails, inside, watches, find = self._tails, self._inside, self._watches, buffer.count
        poll, put, clock = self._poll.poll, self._window.put, time.monotonic_ns
        short = sum(count < target for count in counts.values())
        received = self.received
        last = clock()
        deadline = last + int(timeout * 1e9)
        while short and clock() < deadline:
            for number, _ in poll(0.1, 1024):
                size = readers[number](buffer)
                found = find(marker, 0, size)
                if tails[number] or buffer[size - 1] in inside:
                    found += self._across(number, size)
                if found:
                    before = counts[number]
                    counts[number] = before + found
                    received += found
                    if before < target <= before + found:
                        short -= 1
                        last = clock()
                elif not size:
                    raise Lost(f"A stream was closed after {counts[number]} events.")
                if watches and number in watches:
                    watches[number](clock(), counts[number], self._view[:size])
            put(received)
            if rest and short:
                time.sleep(rest)
        self.received = received
        if short:
            lack = sum(max(0, target - count) for count in counts.values())
            raise Lost(f"{short} of {len(counts)} clients lack {lack} events of {target} each.")
        return last

    def _across(self, number: int, size: int) -> int:
        """Count a marker that began in an earlier read."""
        keep = len(self._marker) - 1
        tail = self._tails[number]
        found = (tail + self._buffer[: min(size, keep)]).count(self._marker) if tail else 0
        last = self._buffer[max(0, size - keep) : size]
        ends = bytes((tail + last)[-keep:])
        self._tails[number] = ends if ends and ends[-1] in self._inside else b""
        return found

    def check(self, target: int, quiet: float = 0.2) -> int:
        """Return how many events came too often, after listening for a while longer."""
        deadline = time.monotonic() + quiet
        while time.monotonic() < deadline:
            for number, _ in self._poll.poll(0.05):
                size = self._readers[number](self._buffer)
                found = self._buffer.count(self._marker, 0, size)
                self.counts[number] += found
                self.received += found
        return sum(count - target for count in self.counts.values())

    def close(self) -> None:
        for sock in self._sockets.values():
            sock.close()
        self._sockets.clear()
        self._poll.close()

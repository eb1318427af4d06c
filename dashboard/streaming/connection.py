"""One client's socket on the hub's loop: written to directly, with a bounded backlog."""

from __future__ import annotations

import contextlib
import socket
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

USER_TIMEOUT_MILLISECONDS = 30_000
"""A peer that acknowledges nothing for so long is gone, whatever TCP would still hope for."""

SEND_BUFFER = 256 * 1024
"""Bytes that the kernel keeps for a client. Left to itself it takes up to 4 MB of a stalled one,
which is memory, and events that only then turn out to be too late."""

LARGEST_READ = 16 * 1024
"""Bytes of a client that are looked at in one turn of the loop."""


class Owner(Protocol):
    """Whose connection it is."""

    def overflow(self) -> None:
        """The client is too slow."""

    def lost(self) -> None:
        """The peer has gone."""

    def taken(self) -> None:
        """The peer has been sent all that there was before ``close_when_sent``."""

    def received(self, data: bytes) -> None:
        """The peer has sent something."""


class Connection:
    """Non-blocking; all methods run on the hub's thread.

    What the socket doesn't take at once waits in the backlog, which refers to the bytes that
    all clients share. Over ``limit`` bytes of it the client is too slow: the owner is told of
    the overflow, and nothing more is kept.
    """

    __slots__ = ("_limit", "_loop", "_owner", "_size", "_socket", "_waiting", "closing", "send")

    def __init__(
        self, loop: AbstractEventLoop, sock: socket.socket, limit: int, owner: Owner
    ) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if sock.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLISECONDS)
        self._loop = loop
        self._socket = sock
        self._limit = limit
        self._owner = owner
        self._waiting: deque[bytes | memoryview] | None = None
        self._size = 0
        self.send: Callable[[bytes], int] = sock.send
        self.closing = False
        loop.add_reader(sock, self._read)

    @property
    def backlog(self) -> int:
        """Bytes that wait for the client."""
        return self._size

    def write(self, data: bytes) -> None:
        """Send ``data``, or keep what the socket doesn't take."""
        Fan((self,)).write(data)

    def _wait(self, data: bytes) -> int:
        """Keep ``data`` behind what waits already, unless that is too much; all of it is taken.

        It is the ``send`` of one that has fallen behind, and with some longer than that.
        """
        if self.closing:
            pass  # A part of the events that a client was too slow for isn't sent after its bye.
        elif self._waiting is None:
            return self.send(data)
        elif self._size + len(data) > self._limit:
            self._owner.overflow()
        else:
            self._keep(data)
        return len(data)

    def fall_behind(self, rest: memoryview) -> None:
        """Keep the rest of what the socket took a part of, and go on when it takes more."""
        self._waiting = deque()
        self._keep(rest)
        self.send = self._wait
        self._loop.add_writer(self._socket, self._flush)

    def lost(self) -> None:
        self._owner.lost()

    def _keep(self, data: bytes | memoryview) -> None:
        # Whole pieces stay bytes, which the garbage collector needn't look through.
        assert self._waiting is not None
        self._waiting.append(data)
        self._size += len(data)

    def drop_backlog(self) -> None:
        """Forget what waits, but for the piece that the client has a part of already."""
        if self._waiting:
            first = self._waiting[0]
            self._waiting.clear()
            self._waiting.append(first)
            self._size = len(first)

    def _flush(self) -> None:
        waiting = self._waiting
        if waiting is None:
            return
        try:
            while waiting:
                sent = self._socket.send(waiting[0])
                self._size -= sent
                if sent < len(waiting[0]):
                    waiting[0] = memoryview(waiting[0])[sent:]
                    return
                waiting.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._owner.lost()
            return
        self._waiting = None
        self._loop.remove_writer(self._socket)
        if self.closing:
            self._owner.taken()
        else:
            self.send = self._socket.send

    def close_when_sent(self) -> None:
        """Tell the owner once the backlog has gone out: at once where there is none.

        What is written from now on is lost.
        """
        self.closing = True
        self.send = len
        if self._waiting is None:
            self._owner.taken()

    def shut_writing(self) -> None:
        """Say that nothing more comes; what the peer has still to say is read."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def _read(self) -> None:
        try:
            data = self._socket.recv(LARGEST_READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._owner.received(data)
        else:
            self._owner.lost()

    def read_on(self, reading: bool) -> None:
        """Read what the peer sends, or leave it with the kernel, which makes the peer wait."""
        if self._socket.fileno() < 0:
            return
        if reading:
            self._loop.add_reader(self._socket, self._read)
        else:
            self._loop.remove_reader(self._socket)

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()
            self.send = self._socket.send
        self._waiting = None
        self._size = 0


class Fan:
    """Writes the same bytes to many connections: the program's innermost loop.

    It goes through the ``send`` of each, which is the socket's own while nothing waits, and looks
    at nothing else: with ten thousand of them, what is touched has to be fetched from memory.
    """

    __slots__ = ("_connections", "_sends")

    def __init__(self, connections: Iterable[Connection]) -> None:
        self._connections = list(connections)
        self._sends = [connection.send for connection in self._connections]

    def __len__(self) -> int:
        return len(self._connections)

    def write(self, data: bytes) -> None:
        size = len(data)
        for place, send in enumerate(self._sends):
            try:
                sent = send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                self._connections[place].lost()
                continue
            if sent != size:
                connection = self._connections[place]
                connection.fall_behind(memoryview(data)[sent:])
                self._sends[place] = connection.send

"""The yardstick: the least that Python can do. It answers any request with the head of a stream
and sends ready bytes to every socket, one send for each event."""

from __future__ import annotations

import argparse
import os
import select
import socket
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.events import frame
from benchmarks.servers.control import Commands, obey, say
from benchmarks.servers.pace import Pace
from benchmarks.window import Window

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class BareLoop:
    def __init__(self, port: int, received: Window, size: int) -> None:
        self._size = size
        self._received = received
        self._listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        self._poll = select.epoll()
        self._poll.register(self._listener, select.EPOLLIN)
        self._poll.register(sys.stdin, select.EPOLLIN)
        self._sockets: dict[int, socket.socket] = {}
        self._prepared: list[bytes] = []
        self._commands: Commands = {"prepare": self.prepare, "publish": self.publish}

    def prepare(self, count: int) -> dict[str, Any]:
        self._prepared = [frame(number, self._size) for number in range(1, count + 1)]
        return {}

    def publish(self, streams: int, window: int = 1, gap: float = 0) -> dict[str, Any]:
        sends = [sock.send for sock in self._sockets.values()]
        pace = Pace(self._received, streams, window, gap)
        times = []
        for published, data in enumerate(self._prepared):
            while wait := pace.wait(published):
                time.sleep(wait)
            times.append(time.monotonic_ns())
            for send in sends:
                send(data)  # Its window keeps it from ever finding a full buffer.
        return {"times": times}

    def run(self) -> None:
        while True:
            for number, _ in self._poll.poll():
                if number == self._listener.fileno():
                    self._accept()
                elif number == sys.stdin.fileno():
                    self._obey()
                else:
                    self._read(self._sockets[number])

    def _obey(self) -> None:
        line = sys.stdin.readline()
        if not line:
            os._exit(0)
        obey(line, self._commands)

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # As every other server here.
        sock.setblocking(False)
        self._sockets[sock.fileno()] = sock
        self._poll.register(sock, select.EPOLLIN)

    def _read(self, sock: socket.socket) -> None:
        if sock.recv(65536):
            sock.send(HEAD)
        else:
            del self._sockets[sock.fileno()]
            sock.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--size", type=int, default=0, help="bytes of an event, at least")
    given = parser.parse_args()
    machine.pin(machine.SERVER_CORE)
    machine.raise_file_limit()
    loop = BareLoop(given.port, Window(given.folder / "received"), given.size)
    say(port=given.port)
    loop.run()


if __name__ == "__main__":
    main()

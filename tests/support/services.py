"""The servers that backplanes are made of, and a proxy in front of one that can be cut.

Their addresses may be given: DASHBOARD_TEST_POSTGRESQL, DASHBOARD_TEST_REDIS, DASHBOARD_TEST_AMQP.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from tests.support.absent import absent

ADDRESSES = {
    "postgresql": os.environ.get("DASHBOARD_TEST_POSTGRESQL")
    or os.environ.get("DASHBOARD_TEST_DATABASE")
    or "postgresql://postgres@127.0.0.1:5432/postgres",
    "redis": os.environ.get("DASHBOARD_TEST_REDIS", "redis://127.0.0.1:6379/9"),
    "amqp": os.environ.get("DASHBOARD_TEST_AMQP", "amqp://guest:guest@127.0.0.1:5672//"),
}
PORTS = {"postgresql": 5432, "redis": 6379, "amqp": 5672}


def address_of(kind: str) -> str:
    """Return the URL of a service that answers."""
    url = ADDRESSES[kind]
    try:
        socket.create_connection(_place(url), timeout=2).close()
    except OSError as error:
        absent(f"There is no {kind} at {url}: {error}")
    return url


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or PORTS[parts.scheme.partition("+")[0]]


class Proxy:
    """Stands in front of a service. ``cut`` breaks every connection and refuses new ones, as a
    service that is killed does; ``mend`` lets new ones through. ``hang`` takes nothing any more
    from anybody and says nothing, as a machine does that has lost its power."""

    def __init__(self, url: str) -> None:
        self._target = _place(url)
        self._listening: socket.socket | None = None
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._lock = threading.Lock()
        self._port = 0
        self._hanging = False
        self._closed = False
        self.mend()
        parts = urlsplit(url)
        account = parts.netloc.rpartition("@")[0]
        place = f"{account}@127.0.0.1:{self._port}" if account else f"127.0.0.1:{self._port}"
        self.url = parts._replace(netloc=place).geturl()
        if url.endswith("//"):
            self.url = self.url.rstrip("/") + "//"
        threading.Thread(target=self._run, daemon=True).start()

    def mend(self) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self._port))
        listening.listen(50)
        self._port = listening.getsockname()[1]
        self._hanging = False
        self._listening = listening

    def cut(self) -> None:
        with self._lock:
            if self._listening is not None:
                self._listening.close()
                self._listening = None
            for each in list(self._pairs):
                _reset(each)
            self._pairs.clear()

    def hang(self) -> None:
        self._hanging = True

    def close(self) -> None:
        self._closed = True
        self.cut()

    def _run(self) -> None:
        while not self._closed:
            with self._lock:
                selector = selectors.DefaultSelector()
                for each in [self._listening, *self._pairs]:
                    if each is not None:
                        selector.register(each, selectors.EVENT_READ)
            if not self._hanging:
                for key, _ in selector.select(timeout=0.01):
                    self._ready(key.fileobj)  # type: ignore[arg-type]
            else:
                threading.Event().wait(0.01)
            selector.close()

    def _ready(self, each: socket.socket) -> None:
        with self._lock, suppress(OSError, ValueError):
            if each is self._listening:
                near, _ = each.accept()
                far = socket.create_connection(self._target)
                for one in (near, far):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pairs[near], self._pairs[far] = far, near
            elif each in self._pairs:
                other = self._pairs[each]
                try:
                    data = each.recv(65536)
                    other.sendall(data)
                except OSError:
                    data = b""
                if not data:
                    for one in (each, other):
                        self._pairs.pop(one, None)
                        _reset(one)

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _reset(each: socket.socket) -> None:
    with suppress(OSError):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    each.close()


def main(url: str) -> int:
    """Return 0 where a service is there, else 1."""
    try:
        socket.create_connection(_place(url), timeout=2).close()
    except OSError as error:
        print(f"There is nothing at {url}, so its tests are left out: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

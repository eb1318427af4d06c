"""A client of WebSockets by wsproto, which isn't the library that the server speaks with."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Message,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)


class Closed(Exception):
    """The server has closed the socket; ``code`` is None where it didn't say why."""

    def __init__(self, code: int | None, reason: str | None) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Socket:
    """One WebSocket. ``status`` is 101, or that of the answer that refused it, with ``body``.

    ``take`` waits ``timeout`` seconds for a message.
    """

    def __init__(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        timeout: float = 10,
        greet: bool = True,
    ) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname=parts.hostname)
        self._connection = WSConnection(ConnectionType.CLIENT)
        self._events: list[Any] = []
        self._text = ""
        self.pings = 0
        self.pongs: list[bytes] = []
        self.status = 0
        self.body = b""
        self.headers: dict[str, str] = {}
        request = Request(
            host=parts.netloc,
            target=parts.path or "/ws",
            extra_headers=[(n.encode(), v.encode()) for n, v in (headers or {}).items()],
        )
        self.socket.sendall(self._connection.send(request))
        self._shake_hands()
        self.hello = self.take("hello") if greet and self.status == 101 else None

    def _shake_hands(self) -> None:
        while True:
            event = self._event()
            if isinstance(event, AcceptConnection):
                self.status = 101
                self.headers = {n.decode().lower(): v.decode() for n, v in event.extra_headers}
                return
            if isinstance(event, RejectConnection):
                self.status = event.status_code
                self.headers = {n.decode().lower(): v.decode() for n, v in event.headers}
                if not event.has_body:
                    return
            elif isinstance(event, RejectData):
                self.body += event.data
                if event.body_finished:
                    return

    def _event(self) -> Any:
        while not self._events:
            data = self.socket.recv(65536)
            self._connection.receive_data(data or None)
            self._events += list(self._connection.events())
        return self._events.pop(0)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the server's messages until it closes; then raise Closed."""
        while True:
            event = self._event()
            match event:
                case TextMessage():
                    self._text += event.data
                    if event.message_finished:
                        text, self._text = self._text, ""
                        yield json.loads(text)
                case Message():
                    raise AssertionError("the server sends text only")
                case Ping():
                    self.pings += 1
                    self.socket.sendall(self._connection.send(event.response()))
                case Pong():
                    self.pongs.append(bytes(event.payload))
                case CloseConnection():
                    if self._connection.state.name == "REMOTE_CLOSING":
                        self.socket.sendall(self._connection.send(event.response()))
                    raise Closed(event.code, event.reason)

    def take(self, *types: str) -> dict[str, Any]:
        """Return the next message of these types, or of any; others are passed over."""
        return next(each for each in self if not types or each["type"] in types)

    def closed(self) -> Closed:
        """Read on until the server closes, and return how; ``passed`` came before that."""
        self.passed: list[dict[str, Any]] = []
        try:
            for each in self:
                self.passed.append(each)
        except Closed as closed:
            return closed
        raise AssertionError

    def quiet(self, seconds: float) -> list[dict[str, Any]]:
        """Return what comes in a time but for heartbeats: the first is due at any moment."""
        found = []
        deadline = time.monotonic() + seconds
        timeout = self.socket.gettimeout()
        try:
            while (left := deadline - time.monotonic()) > 0:
                self.socket.settimeout(left)
                message = self.take()
                if message["type"] != "ping":
                    found.append(message)
        except TimeoutError:
            pass
        finally:
            self.socket.settimeout(timeout)
        return found

    def send(self, **message: Any) -> None:
        self.socket.sendall(self._connection.send(TextMessage(data=json.dumps(message))))

    def send_events(self, *events: Any) -> None:
        for event in events:
            self.socket.sendall(self._connection.send(event))

    def ask(self, **message: Any) -> dict[str, Any]:
        """Send a message and return the answer to it."""
        self.send(id="asked", **message)
        return next(each for each in self if each.get("id") == "asked")

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Socket:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

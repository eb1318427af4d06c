"""A client of Server-Sent Events, as plain as the standard has it."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Received:
    event: str
    data: Any
    id: str | None


class EventStream:
    """One connection to a stream; iterate over its events, each of ``names`` alone if given.

    ``timeout`` is how many seconds of silence are too many.
    """

    def __init__(
        self, url: str, headers: dict[str, str] | None = None, timeout: float = 10
    ) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self._connection.connect()
        # The connection forgets its socket when the response takes it over.
        self._socket = self._connection.sock
        self._connection.request("GET", path, headers=headers or {})
        self.response = self._connection.getresponse()
        self.status = self.response.status
        self.last_id: str | None = None
        self.retry: int | None = None

    def __iter__(self) -> Iterator[Received]:
        event, id_ = "message", None
        data: list[str] = []
        for raw in self.response:
            line = raw.decode("utf-8").rstrip("\n")
            name, _, value = line.partition(": ")
            if line == "":
                self.last_id = id_ or self.last_id
                if data:
                    yield Received(event, json.loads("\n".join(data)), id_)
                event, data, id_ = "message", [], None
            elif name == "data":
                data.append(value)
            elif name == "event":
                event = value
            elif name == "id":
                id_ = value
            elif name == "retry":
                self.retry = int(value)

    def only(self, *names: str) -> Iterator[Received]:
        return (each for each in self if each.event in names)

    def close(self) -> None:
        # Closing the response reads what is left of it first, which for a stream is for ever.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.response.close()
        self._connection.close()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

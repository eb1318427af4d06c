"""The edge's control port: one connection, kept, over which items are published."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from dashboard.streaming.edge.grip import Item

PATIENCE = 5.0
"""Seconds that the edge may take for an answer."""

LARGEST_POST = 500_000
"""Bytes of one request; Pushpin takes a million unless told otherwise."""


class Refused(Exception):
    """The edge doesn't understand what it was sent, and never will."""


class Away(Exception):
    """The edge can't be reached. What was sent may have arrived."""


class ControlPort:
    """For one thread at a time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._path = f"{parts.path}/publish/"
        self._connection = kind(parts.netloc, timeout=PATIENCE)

    def publish(self, items: Sequence[Item]) -> None:
        """Send items in their order. Raises Away and Refused."""
        for body in bodies(items):
            self._post(body)

    def _post(self, body: bytes) -> None:
        try:
            headers = {"Content-Type": "application/json"}
            self._connection.request("POST", self._path, body, headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise Away(f"{type(error).__name__}: {error}") from error
        if 400 <= response.status < 500:
            raise Refused(f"{response.status}: {text[:200].decode(errors='replace').strip()}")
        if response.status >= 300:
            raise Away(f"it answers {response.status}")

    def close(self) -> None:
        self._connection.close()


def bodies(items: Sequence[Item], largest: int = LARGEST_POST) -> Iterator[bytes]:
    """Yield the requests' bodies, none of them above ``largest`` bytes.

    An item that is larger by itself goes without its content and its place in the order, so that
    who listens asks for it.
    """
    batch: list[bytes] = []
    size = 0
    for item in items:
        data = _encode(item)
        if len(data) > largest:
            data = _encode(replace(item, content=None, id=None, prev_id=None))
        if batch and size + len(data) > largest:
            yield _joined(batch)
            batch, size = [], 0
        batch.append(data)
        size += len(data)
    if batch:
        yield _joined(batch)


def _encode(item: Item) -> bytes:
    return json.dumps(item.to_json(), separators=(",", ":")).encode()


def _joined(batch: Sequence[bytes]) -> bytes:
    return b'{"items":[' + b",".join(batch) + b"]}"

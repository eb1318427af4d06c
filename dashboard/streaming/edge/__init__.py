"""An edge, such as Pushpin: a proxy that holds streams itself, and is told what to send on them.

It speaks GRIP, the Generic Realtime Intermediary Protocol. A request that comes through it is
answered by headers that say what to hold; what happens later is published to it, once for all.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from dashboard.streaming.edge.grip import Channel, GoOn, Hold, Item, answer, last_ids

if TYPE_CHECKING:
    from dashboard.streaming.edge.signature import Signature

__all__ = ["Address", "Channel", "GoOn", "Hold", "Item", "answer", "last_ids", "signature_of"]

SHORTEST_KEY = 32
"""Bytes of a key: whoever guesses it can read the streams of everybody."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the edge takes what is published, and the key by which it signs requests."""

    url: str
    key: bytes

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``http://HOST:PORT/?key=KEY``, as GRIP_URL has it; raise ValueError for others."""
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it is the address of an edge's control port: http://HOST:PORT/?key=…")
        key = _key(parse_qs(parts.query).get("key", [""])[0])
        if len(key) < SHORTEST_KEY:
            raise ValueError(
                f"?key= needs {SHORTEST_KEY} characters at least, the same as the edge's sig_key"
            )
        return cls(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", key)


def _key(text: str) -> bytes:
    encoded = text.removeprefix("base64:")
    if encoded == text:
        return text.encode()
    try:
        # An unescaped plus sign of a query string has become a blank.
        return base64.b64decode(encoded.replace(" ", "+"), validate=True)
    except binascii.Error as error:
        raise ValueError(f"?key=base64: {error}") from error


def signature_of(address: Address) -> Signature:
    """Return the signature by an edge's key; raise ImportError where PyJWT isn't installed."""
    # It is imported where it is chosen: nobody else needs it.
    from dashboard.streaming.edge.signature import Signature

    return Signature(address.key)

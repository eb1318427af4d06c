"""How events go out to a client: the bytes of each, and what is around those of one send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.streaming.sse import Event, encode
from dashboard.streaming.websocket.frames import event_frame

Encode = Callable[[Event, str], bytes]


@dataclass(frozen=True, slots=True)
class Framing:
    """``encode`` makes an event's bytes, given the name of its topic: once for all who share it.

    ``pack`` frames the bytes of one send, ``last`` ends the whole.
    """

    encode: Encode
    pack: Callable[[bytes], bytes]
    last: bytes = b""


def sse(event: Event, name: str) -> bytes:
    return encode(event)


def bare(data: bytes) -> bytes:
    return data


def chunk(data: bytes) -> bytes:
    """Return ``data`` as one chunk of HTTP/1.1's chunked transfer coding (RFC 9112, 7.1)."""
    return b"%X\r\n%b\r\n" % (len(data), data)


PLAIN = Framing(sse, bare)
"""Server-Sent Events for a client of HTTP/1.0, whose body ends with the connection."""

CHUNKED = Framing(sse, chunk, last=chunk(b""))
"""Server-Sent Events for HTTP/1.1, which frames a body of no length."""

MESSAGES = Framing(event_frame, bare)
"""Messages of a WebSocket, which say themselves which topic they are of."""

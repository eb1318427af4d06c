"""WebSocket frames on the wire (RFC 6455). A server's aren't masked, so that all can share one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from websockets.frames import Close, Frame, Opcode

from dashboard.streaming.sse import Event

PING = Frame(Opcode.PING, b"").serialize(mask=False)


def message_frame(message: Mapping[str, Any]) -> bytes:
    """Return a message as one text frame. JSON in ASCII, so that a lone surrogate passes too."""
    text = json.dumps(message, separators=(",", ":"), allow_nan=False)
    return Frame(Opcode.TEXT, text.encode("ascii")).serialize(mask=False)


def event_frame(event: Event, topic: str) -> bytes:
    """Return an event of ``topic``, as all sockets that have subscribed to it get it."""
    message: dict[str, Any] = {"type": event.get("event", "message"), "topic": topic}
    if event.get("id") is not None:
        message["cursor"] = str(event["id"])
    if "data" in event:
        message["data"] = event["data"]
    return message_frame(message)


def close_frame(code: int, reason: str) -> bytes:
    return Frame(Opcode.CLOSE, Close(code, reason).serialize()).serialize(mask=False)

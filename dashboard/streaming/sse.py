"""Server-Sent Events on the wire: an event in, bytes out.

The format is that of the WHATWG HTML standard, section "Server-sent events".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Event = Mapping[str, Any]
"""``event`` (its name), ``data`` (text, or anything that JSON can say), ``id``, ``retry`` (ms)."""

FIELDS = frozenset({"event", "data", "id", "retry"})

HEADERS = (
    ("Cache-Control", "no-store, no-transform"),
    # Says nothing, but what has an encoding isn't compressed: Caddy 2.6 and nginx don't heed
    # no-transform, and that Caddy would hold events back until its compressor had enough.
    ("Content-Encoding", "identity"),
    ("X-Accel-Buffering", "no"),
)
"""What keeps caches, and proxies that compress or buffer, out of a stream's way."""

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_UNSAFE = re.compile(r"[\r\n\0]")


def encode(event: Event) -> bytes:
    """Return one event as UTF-8 bytes, its blank line included.

    Text is split on CR, LF and CRLF, since each of them would end the field; other data becomes
    JSON in ASCII, so that a lone surrogate passes too. Raises ValueError for an unknown field,
    for an ``id`` or ``event`` that would break out of its line, and for a ``retry`` that isn't a
    whole number of milliseconds.
    """
    unknown = event.keys() - FIELDS
    if unknown:
        raise ValueError(f"An event has no {', '.join(sorted(map(str, unknown)))}.")
    lines = []
    for name in ("id", "event"):
        if event.get(name) is not None:
            lines.append(f"{name}: {_one_line(name, event[name])}\n")
    if event.get("retry") is not None:
        lines.append(f"retry: {_milliseconds(event['retry'])}\n")
    if "data" in event:
        lines += [f"data: {line}\n" for line in _LINE_ENDS.split(_to_text(event["data"]))]
    return ("".join(lines) + "\n").encode("utf-8", "replace")


def _one_line(name: str, value: Any) -> str:
    text = str(value)
    if _UNSAFE.search(text):
        raise ValueError(f"An event's {name} has no line ends and no NUL: {text!r}.")
    return text


def _milliseconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"An event's retry is a whole number of milliseconds, not {value!r}.")
    return value


def _to_text(data: Any) -> str:
    if isinstance(data, str):
        return data
    return json.dumps(data, separators=(",", ":"), allow_nan=False)

"""What every server sends: one change event of about 250 bytes, and how a client knows it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MARK = "~" * 8
"""Stands once in each event and nowhere else, so that a client counts events by counting it."""

EPOCH = "bench"
TABLE = "reading"
AT = "2026-01-01T12:00:00.000Z"


@dataclass(frozen=True)
class Difference:
    """A new reading, as the change log takes it."""

    number: int
    table: str = TABLE
    before: None = None
    actor: None = None
    at: None = None
    key: tuple[int, ...] = field(init=False)
    after: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.number,))
        object.__setattr__(self, "after", row(self.number))


def row(number: int) -> dict[str, Any]:
    note = f"boards as planned {MARK}"
    return {"id": number, "place": f"Gate {number % 40}", "value": 17.25, "note": note}


def wire(number: int) -> dict[str, Any]:
    """Return the data of the event, as the product's own ``Change.to_wire`` has it."""
    return {
        "seq": number,
        "table": TABLE,
        "key": [number],
        "op": "insert",
        "before": None,
        "after": row(number),
        "actor": None,
        "at": AT,
    }


def data(number: int) -> str:
    return json.dumps(wire(number), separators=(",", ":"))


def frame(number: int, size: int = 0) -> bytes:
    """Return the whole event as bytes, as servers that encode nothing send it.

    Where it's smaller than ``size`` a comment makes it as large.
    """
    event = f"id: {EPOCH}-{number}\nevent: change\ndata: {data(number)}\n"
    return f":{'.' * (size - len(event) - 3)}\n{event}\n".encode("ascii")

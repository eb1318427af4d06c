"""A committed change, and the cursor that says how far a reader has come."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

JsonRow = dict[str, Any]
"""A row by its columns' names, its values as ``catalog.values.to_json`` makes them."""

_CURSOR = re.compile(r"([a-z0-9]{1,16})-([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the log: the number of the last change seen, in the log of ``epoch``."""

    epoch: str
    seq: int

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read ``<epoch>-<seq>``; raise ValueError for anything else."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise ValueError("A cursor is <epoch>-<seq>, as an event's id has it.")
        return cls(found[1], int(found[2]))

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest number, and the highest number that has been pruned from the log."""

    epoch: str
    seq: int
    pruned: int

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.seq)


@dataclass(frozen=True, slots=True)
class Change:
    """One record that a transaction inserted, updated or deleted.

    ``key`` holds the primary key's values; ``before`` is None for an insert, ``after`` for a
    delete. Both hold the whole row but for its private columns.
    """

    seq: int
    table: str
    key: tuple[Any, ...]
    op: str
    before: JsonRow | None
    after: JsonRow | None
    actor: str | None
    at: datetime

    def to_wire(self) -> dict[str, Any]:
        """Return the data of a ``change`` event."""
        return {
            "seq": self.seq,
            "table": self.table,
            "key": list(self.key),
            "op": self.op,
            "before": self.before,
            "after": self.after,
            "actor": self.actor,
            "at": iso(self.at),
        }


def iso(at: datetime) -> str:
    """Return an instant as the wire has it: ISO 8601 in UTC, with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""What notes mean: the changes of each record, from what it was before each of them.

A note says what a record was. What it became is what the record's next note says that it was, or
where there is none, what its table has now. So whatever computed a row, the last change of a
record leaves in the log what the database holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dashboard.changes.capture.pending import Difference
from dashboard.changes.change import JsonRow

INSERT, UPDATE, DELETE = "I", "U", "D"
TOUCH, SAME = "T", "S"
"""SQLite is about to write a row that may replace this one, or be dropped or merged: it fires no
trigger for a row that REPLACE deletes. SAME is one whose key is that of the row to be written."""

Record = tuple[str, tuple[Any, ...]]
"""A table's name in the log, and a key of JSON values."""


class Note(NamedTuple):
    """One note. ``group`` is the same for all that one transaction noted, where that is known."""

    id: int
    group: int
    op: str
    table: str
    key: tuple[Any, ...]
    before: JsonRow | None
    actor: str | None
    at: float

    @property
    def record(self) -> Record:
        return self.table, self.key


class Group(NamedTuple):
    """What one transaction noted, and the changes that it means; there may be none."""

    ids: list[int]
    changes: list[Difference]


class _Step(NamedTuple):
    """The net change of a record by one group."""

    last: Note
    before: JsonRow | None
    after: JsonRow | None


def groups_of(notes: Iterable[Note], states: Mapping[Record, JsonRow | None]) -> list[Group]:
    """Return what changed, in the order in which it was committed.

    ``states`` tells of each record what it was after its last note; one that isn't there is gone.
    Transactions are in the order of their highest notes: one that wrote to another's record noted
    that after the other had committed, so all of its notes for that record are higher.
    """
    chains: dict[Record, list[Note]] = {}
    found: dict[int, Group] = {}
    for note in sorted(notes, key=lambda note: note.id):
        chains.setdefault(note.record, []).append(note)
        found.setdefault(note.group, Group([], [])).ids.append(note.id)
    steps = [
        step
        for record, chain in chains.items()
        for step in _steps(_in_order(chain), states.get(record))
        if step.before != step.after
    ]
    for step in sorted(steps, key=lambda step: step.last.id):
        found[step.last.group].changes.append(_difference(step))
    return sorted(found.values(), key=lambda group: group.ids[-1])


def _in_order(chain: Sequence[Note]) -> list[Note]:
    """Put each insert where it was, and let one that replaced a row be that row's update."""
    ordered: list[Note] = []
    for note in chain:
        place = len(ordered)
        if note.op == INSERT and ordered and ordered[-1].op == SAME:
            ordered[-1] = note._replace(op=UPDATE, before=ordered[-1].before)
            continue
        # Another trigger may update a row that was just inserted, and be noted first.
        while note.op == INSERT and place and ordered[place - 1].op == UPDATE:
            place -= 1
        ordered.insert(place, note)
    places = sorted((note.id, note.group) for note in ordered)
    return [
        note._replace(id=id_, group=group)
        for note, (id_, group) in zip(ordered, places, strict=True)
    ]


def _steps(chain: list[Note], state: JsonRow | None) -> list[_Step]:
    steps: list[_Step] = []
    after = state
    for note in reversed(chain):
        if steps and steps[-1].last.group == note.group:
            steps[-1] = steps[-1]._replace(before=note.before)
        else:
            steps.append(_Step(note, note.before, after))
        after = note.before
    return steps


def _difference(step: _Step) -> Difference:
    last = step.last
    at = datetime.fromtimestamp(last.at, UTC)
    return Difference(last.table, last.key, step.before, step.after, last.actor, at)

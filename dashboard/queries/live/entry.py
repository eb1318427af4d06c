"""A view as it was last evaluated, and what each of its watchers gets when it is again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.changes import Change, Cursor
from dashboard.queries.live.view import LiveView, Operation
from dashboard.queries.live.watcher import Watcher

Patch = dict[str, Any]
"""The data of a ``patch`` event."""


@dataclass(eq=False, slots=True)
class Entry:
    """A view as it was last evaluated.

    ``changed`` is when its state last became different, ``took`` for how many seconds it was
    read. ``owed`` are watchers whose page is newer than the state, by the number that their page
    has: they get the whole view once it has been evaluated at that number or a later one.
    """

    view: LiveView
    state: Any
    at: Cursor
    changed: Cursor
    watchers: set[Watcher] = field(default_factory=set)
    owed: dict[Watcher, int] = field(default_factory=dict)
    idle_since: float = 0.0
    took: float = 0.0

    def newer_than(self, head: Cursor) -> bool:
        """Tell whether its state, or a page of it, is newer than a snapshot."""
        return self.at.seq > head.seq or any(seq > head.seq for seq in self.owed.values())

    def serves(self, since: Cursor | None) -> bool:
        """Tell whether a page that was rendered at ``since`` shows this state."""
        return since is not None and since.epoch == self.at.epoch and since.seq >= self.changed.seq

    def drop(self, watcher: Watcher) -> None:
        """Let a watcher go."""
        self.watchers.discard(watcher)
        self.owed.pop(watcher, None)
        self.idle_since = time.monotonic()

    def owed_at(self, head: Cursor) -> list[Watcher]:
        """Return who gets the whole of the state at ``head``."""
        # A page that is newer than this state must not be taken back to it.
        return [watcher for watcher, seq in self.owed.items() if seq <= head.seq]

    def owe(self, watcher: Watcher, seq: int) -> None:
        self.owed[watcher] = max(seq, self.owed.get(watcher, 0))

    def advance(self, state: Any, head: Cursor) -> None:
        """Take over the state at ``head``; who was owed it has it now."""
        if state != self.state:
            self.state, self.changed = state, head
        self.at = head
        self.owed = {watcher: seq for watcher, seq in self.owed.items() if seq > head.seq}

    def parts(self) -> Sequence[LiveView]:
        return self.view.parts(self.state)

    def whole(self) -> Patch:
        return self._patch(self.view.whole(self.state), self.state, self.at)

    def patches(
        self, state: Any, changes: Sequence[Change], head: Cursor
    ) -> Iterator[tuple[Watcher, Patch]]:
        """Yield what each watcher gets, rendered once for all who get the same."""
        owed = self.owed_at(head)
        if owed:
            whole = self._patch(self.view.whole(state), state, head)
            yield from ((watcher, whole) for watcher in owed)
        watchers = self.watchers - self.owed.keys()
        if watchers and state != self.state:
            operations = self.view.difference(self.state, state, changes)
            patch = self._patch(operations, state, head)
            yield from ((watcher, patch) for watcher in watchers)

    def _patch(self, operations: list[Operation], state: Any, at: Cursor) -> Patch:
        totals = self.view.totals(state)
        return {"view": self.view.name, "ops": operations, **totals, "at": str(at)}

"""Which views are watched by whom. No database and no thread here: both are the caller's."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from dashboard.changes import Change, Cursor
from dashboard.queries.live.entry import Entry, Patch
from dashboard.queries.live.touching import Touching
from dashboard.queries.live.watcher import Round, Watcher

GRACE = 30.0
"""Seconds that a view is kept evaluated for after its last watcher has left."""


class Entries:
    """Thread-safe. ``position`` is how far every watcher has been given everything.

    A watcher has the entries that it asked for, and behind them those of their parts.
    """

    def __init__(self, position: Cursor) -> None:
        self.position = position
        self._lock = threading.Lock()
        self._entries: dict[Hashable, Entry] = {}
        self._asked: dict[Watcher, list[Entry]] = {}
        self._watchers: dict[Watcher, list[Entry]] = {}

    def get(self, key: Hashable) -> Entry | None:
        with self._lock:
            return self._entries.get(key)

    def keep(self, entry: Entry) -> None:
        """Hold a part that is about to be watched."""
        with self._lock:
            entry.idle_since = time.monotonic()
            self._entries.setdefault(entry.view.key, entry)

    def join(
        self, entries: Sequence[Entry], since: Cursor | None, seen: int, watcher: Watcher
    ) -> bool:
        """Add the watcher of pages that were rendered from ``since`` to the number ``seen``.

        Tells whether it is owed an evaluation.
        """
        with self._lock:
            mine = self._add(entries, watcher)
            stale = self._with_parts([each for each in mine if not each.serves(since)])
            patches = [entry.whole() for entry in mine if entry in stale]
            newest = max(self.position.seq, seen)
            for entry in mine:
                if entry.at.seq < newest:
                    entry.owe(watcher, newest)
            if patches:
                watcher.mailbox.put([Round(tuple(patches), _oldest(mine, since))])
            return any(entry.owed for entry in mine)

    def follow(self, entries: Sequence[Entry], watcher: Watcher) -> bool:
        """Add a watcher that gets what changes from now on, and nothing at first.

        Tells whether it is owed an evaluation nevertheless.
        """
        with self._lock:
            return any(entry.owed for entry in self._add(entries, watcher))

    def _add(self, entries: Sequence[Entry], watcher: Watcher) -> list[Entry]:
        # Another thread may have evaluated the same view meanwhile; one of them counts.
        found = [self._entries.setdefault(each.view.key, each) for each in entries]
        self._asked[watcher] = found
        self._regroup(watcher)
        for entry in found:
            if any(part.key not in self._entries for part in entry.parts()):
                # It has changed since its parts were evaluated: it's evaluated with them again.
                entry.owe(watcher, entry.at.seq)
        return self._watchers[watcher]

    def _with_parts(self, entries: Iterable[Entry]) -> dict[Entry, None]:
        """Return the entries, and behind them those of their parts, each once."""
        found = dict.fromkeys(entries)
        for entry in list(found):
            parts = (self._entries.get(part.key) for part in entry.parts())
            found.update(dict.fromkeys(part for part in parts if part is not None))
        return found

    def _regroup(self, watcher: Watcher) -> list[Entry]:
        """Let a watcher have the parts that its views have now; return the entries it's new to."""
        before = self._watchers.get(watcher, [])
        now = self._watchers[watcher] = list(self._with_parts(self._asked[watcher]))
        for entry in before:
            if entry not in now:
                entry.drop(watcher)
        new = [entry for entry in now if watcher not in entry.watchers]
        for entry in new:
            entry.watchers.add(watcher)
        return new

    def merge(self, watcher: Watcher, into: Watcher) -> bool:
        """Drop a watcher for another if both have been given exactly the same; tell if so."""
        with self._lock:
            mine, its = self._watchers.get(watcher), self._watchers.get(into)
            # Entries differ where the views have started over since one of them was added.
            if mine is None or mine != its or any(watcher in entry.owed for entry in mine):
                return False
            if watcher.mailbox.waiting or into.mailbox.waiting:
                return False
        self.leave(watcher)
        return True

    def leave(self, watcher: Watcher) -> None:
        with self._lock:
            self._asked.pop(watcher, None)
            for entry in self._watchers.pop(watcher, ()):
                entry.drop(watcher)

    def snapshot(self) -> list[Entry]:
        """Return the entries that somebody watches now."""
        with self._lock:
            return [entry for entry in self._entries.values() if entry.watchers]

    def __len__(self) -> int:
        """Return how many watchers there are."""
        return len(self._watchers)

    def due(self, changes: Iterable[Change], head: Cursor) -> list[Entry]:
        """Return the entries to evaluate; advance those that the changes can't touch."""
        touches = Touching(changes)
        due = []
        with self._lock:
            for entry in self._entries.values():
                if entry.newer_than(head):
                    continue
                # One that was added late has missed changes, and who was owed them may have left.
                behind = entry.at.seq < self.position.seq
                if entry.owed or behind or touches(entry.view):
                    due.append(entry)
                else:
                    entry.at = head
        return due

    def hand_out(
        self,
        states: dict[Entry, Any],
        fresh: Iterable[Entry],
        changes: Sequence[Change],
        head: Cursor,
    ) -> bool:
        """Give every watcher what is new at ``head``; tell whether somebody is owed more.

        ``fresh`` are entries of parts that nobody had until now.
        """
        with self._lock:
            self._send_off(changes)
            for entry in fresh:
                self._entries.setdefault(entry.view.key, entry)
            rounds: dict[Watcher, dict[Entry, Patch]] = {}
            begun: list[tuple[Watcher, Entry]] = []
            for entry, state in states.items():
                begun += [(watcher, entry) for watcher in entry.owed_at(head)]
                for watcher, patch in entry.patches(state, changes, head):
                    rounds.setdefault(watcher, {})[entry] = patch
                entry.advance(state, head)
            for watcher, entry in self._regrouped(states, begun):
                mine = rounds.setdefault(watcher, {})
                # In place of a difference from what its page may not have, and behind the view
                # that it's a part of.
                mine.pop(entry, None)
                mine[entry] = entry.whole()
            for watcher, patches in rounds.items():
                watcher.mailbox.put([Round(tuple(patches.values()), head)])
            self.position = head
            self._forget_idle()
            return self._owe_those_passed_by(head)

    def _regrouped(
        self, evaluated: Iterable[Entry], begun: Iterable[tuple[Watcher, Entry]]
    ) -> dict[tuple[Watcher, Entry], None]:
        """Bring every watcher's parts up to date; return which entries it must be given whole.

        Those are the parts that are new to it, and all parts of a view that it was given whole,
        as ``begun`` tells: its page may have had other ones.
        """
        owed = {
            (watcher, part): None
            for watcher, entry in begun
            for part in self._with_parts([entry])
            if part is not entry
        }
        # Whom an entry still owes something has a page that is newer than this round.
        watchers = {each for entry in evaluated for each in entry.watchers - entry.owed.keys()}
        for watcher in watchers:
            owed.update({(watcher, entry): None for entry in self._regroup(watcher)})
        return owed

    def _send_off(self, changes: Sequence[Change]) -> None:
        """End the streams of those whose permission these changes took away."""
        for watcher in self._watchers:
            doubts = tuple(filter(watcher.concerns, changes))
            if doubts and watcher.refusal is None:
                watcher.mailbox.put([Round((), self.position, doubts)])
            elif doubts and watcher.refusal is not None:
                reason = watcher.refusal()
                if reason is not None:
                    watcher.mailbox.end(reason)

    def _owe_those_passed_by(self, head: Cursor) -> bool:
        """An entry that was added while the round was evaluated has missed it."""
        for entry in self._entries.values():
            if entry.at.seq < head.seq:
                for watcher in entry.watchers:
                    entry.owe(watcher, head.seq)
        return any(entry.owed for entry in self._entries.values())

    def _forget_idle(self) -> None:
        now = time.monotonic()
        for key, entry in list(self._entries.items()):
            if not entry.watchers and now - entry.idle_since > GRACE:
                del self._entries[key]

    def drop(self, entry: Entry) -> None:
        """Forget a view that can't be evaluated; its watchers come back by their cursors."""
        with self._lock:
            if self._entries.get(entry.view.key) is entry:
                del self._entries[entry.view.key]
            for watcher in entry.watchers:
                watcher.mailbox.end("overflow")

    def end(self, reason: str) -> None:
        """End every watcher; its client comes back by its cursor."""
        with self._lock:
            self._end(reason)

    def start_over(self, position: Cursor) -> None:
        """End every watcher, and go on from ``position`` with none."""
        with self._lock:
            self._end("overflow")
            self.position = position

    def _end(self, reason: str) -> None:
        for watcher in self._watchers:
            watcher.mailbox.end(reason)
        self._entries.clear()
        self._asked.clear()
        self._watchers.clear()


def _oldest(entries: Iterable[Entry], since: Cursor | None) -> Cursor:
    """Return how far a page has come that got the whole of some of its views."""
    oldest = min((entry.at for entry in entries), key=lambda each: each.seq)
    if since is not None and since.epoch == oldest.epoch and since.seq > oldest.seq:
        return since
    return oldest

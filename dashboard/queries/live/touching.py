"""Which views a round of changes may touch."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from dashboard.changes import Change
from dashboard.queries.live.view import LiveView

logger = logging.getLogger(__name__)

MOST_ASKED = 1000
"""With more changes of its tables a view isn't asked of each: evaluating it costs less."""


class Touching:
    """Tells whether a view may be touched by any of some changes."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._by_table: dict[str, list[Change]] = {}
        for change in changes:
            self._by_table.setdefault(change.table, []).append(change)

    def __call__(self, view: LiveView) -> bool:
        found = [self._by_table[name] for name in view.reads if name in self._by_table]
        if sum(map(len, found)) > MOST_ASKED:
            return True
        try:
            return any(view.touched_by(change) for changes in found for change in changes)
        except Exception:
            # One view that can't tell must not keep the others from being told.
            logger.exception("Whether %s is touched can't be told.", view.name)
            return True

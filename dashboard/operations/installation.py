"""What the doctor examines, whoever asks: a command, or a page of the running program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from dashboard.catalog import Catalog, Table, VisibleCatalog
from dashboard.operations.watched import Watched
from dashboard.settings import Settings

Sees = Callable[[str | None, Table], bool]
"""Tells whether a role, None for anybody at all, may see a table."""


@dataclass(frozen=True, slots=True)
class Installation:
    """``connected`` tells whether the backplane ``backplane`` is; ``watched`` is what somebody
    watches in this process now, besides what boards, saved views and tables ask."""

    settings: Settings
    catalog: Catalog
    engine: Engine
    sees: Sees
    backplane: str
    connected: bool
    watched: tuple[Watched, ...] = ()

    @property
    def whole(self) -> VisibleCatalog:
        """All of the catalog, as its operator sees it."""
        return VisibleCatalog(self.catalog, lambda table: True)

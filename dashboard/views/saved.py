"""The live list of saved views: one's own, and everyone's."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import sqlalchemy as sa
from pyramid.request import Request
from sqlalchemy.orm import Session

from dashboard.catalog import Table
from dashboard.changes import Change
from dashboard.models.boards import SavedView
from dashboard.queries.live import Operation
from dashboard.views.access import Access
from dashboard.views.cells import printable
from dashboard.views.fragments import render_macro
from dashboard.views.paths import Paths

Item = dict[str, Any]


class SavedViews:
    """The live list of everyone's views, and of those of the person ``owner``, None for nobody."""

    def __init__(self, owner: int | None, access: Access, paths: Paths) -> None:
        self._owner = owner
        self.name = Paths().saved_views()
        self.key: Hashable = (self.name, self._owner, access.role, paths)
        self.reads = frozenset({"saved_views"})
        self._access = access
        self._paths = paths

    def touched_by(self, change: Change) -> bool:
        owners = {row.get("owner_id") for row in (change.before, change.after) if row is not None}
        return not owners.isdisjoint({None, self._owner})

    def load(self, session: Session) -> list[Item]:
        catalog = self._access.catalog
        found = session.scalars(visible_to(self._owner).order_by(SavedView.name, SavedView.id))
        return [
            self._item(view, table)
            for view in found
            if (table := catalog.get(view.table_name)) is not None
        ]

    def _item(self, view: SavedView, table: Table) -> Item:
        mine = view.owner_id is not None
        editable = mine or may_share(self._access)
        query = f"?{view.query}" if view.query else ""
        return {
            "key": str(view.id),
            "name": printable(view.name),
            "table": table.label,
            "table_name": table.name,
            "href": f"{self._paths.table(table.name)}{query}",
            "whose": "Mine" if mine else "Everyone's",
            "edit_href": self._paths.saved_view(view.id) if editable else None,
        }

    def parts(self, state: Any) -> tuple[()]:
        return ()

    def difference(
        self, old: list[Item], new: list[Item], changes: Sequence[Change]
    ) -> list[Operation]:
        return self.whole(new)

    def whole(self, state: list[Item]) -> list[Operation]:
        html = render_macro("macros/saved.pt", "links", saved=state)
        return [{"op": "html", "target": "rows", "html": html}]

    def totals(self, state: list[Item]) -> dict[str, Any]:
        return {"total": None}


def visible_to(owner: int | None) -> sa.Select[SavedView]:
    mine = SavedView.owner_id.is_(None)
    return sa.select(SavedView).where(
        mine if owner is None else mine | (SavedView.owner_id == owner)
    )


def may_share(access: Access) -> bool:
    """Tell whether what is everyone's may be changed, which is for those who edit boards."""
    boards = access.catalog.get("boards")
    return boards is not None and access.may("edit", boards)


def saved_views(request: Request) -> SavedViews:
    """Return the list of what the person who asks may see."""
    owner = None if request.identity is None else request.identity.id
    return SavedViews(owner, request.access, request.paths)


def saved_for(request: Request, table: Table) -> dict[str, Any]:
    """Return what a table's page shows of saved views: those of the table, and what may be done."""
    items = saved_views(request).load(request.dbsession)
    return {
        "items": [each for each in items if each["table_name"] == table.name],
        "action": request.paths.save_view(table.name) if request.identity else None,
        "may_share": may_share(request.access),
    }

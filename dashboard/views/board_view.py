"""The live view of a board: which panels it has and where; the panels are its parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.changes import Change
from dashboard.models.boards import Board, Panel
from dashboard.queries.difference import difference
from dashboard.queries.live import Operation
from dashboard.views.access import Access
from dashboard.views.cells import printable
from dashboard.views.fragments import render_macro
from dashboard.views.panels import PanelSpec, PanelView
from dashboard.views.paths import Paths
from dashboard.views.posted import coming_back

GONE = "This board is gone"


@dataclass(frozen=True, slots=True)
class Shell:
    """A panel's frame. ``first`` tells that it begins a row of the board."""

    key: str
    view: str
    title: str
    kind: str
    row: int
    place: int
    width: int
    first: bool
    href: str | None
    edit_href: str | None


@dataclass(frozen=True, slots=True)
class BoardState:
    """``panels`` in their order; ``version`` names how they are arranged."""

    id: int | None
    title: str
    description: str
    version: str
    panels: tuple[PanelSpec, ...]
    shells: tuple[Shell, ...]

    @property
    def exists(self) -> bool:
        return self.id is not None


class BoardView:
    """One board, for all who have the same role."""

    def __init__(self, slug: str, access: Access, paths: Paths) -> None:
        self.slug = slug
        self.name = Paths().board(slug)
        self.key: Hashable = (self.name, access.role, paths)
        self.reads = frozenset({"boards", "panels"})
        self._access = access
        self._paths = paths
        panels = access.catalog.get("panels")
        self._may_edit = panels is not None and access.may("edit", panels)
        self._parts: dict[PanelSpec, PanelView] = {}

    def touched_by(self, change: Change) -> bool:
        return True  # Boards are changed seldom, and any of them may get this one's address.

    def load(self, session: Session) -> BoardState:
        board = session.scalar(sa.select(Board).where(Board.slug == self.slug))
        if board is None:
            return BoardState(None, GONE, "", "", (), ())
        found = panels_of(session, board.id)
        specs = tuple(PanelSpec.of(panel) for panel in found)
        self._parts = {spec: self._parts.get(spec) or self._part(spec) for spec in specs}
        return BoardState(
            id=board.id,
            title=printable(board.title),
            description=printable(board.description or ""),
            version=version_of(found),
            panels=specs,
            shells=tuple(self._shells(found, specs)),
        )

    def _part(self, spec: PanelSpec) -> PanelView:
        return PanelView(spec, self.name, self._access, self._paths)

    def _shells(self, panels: Sequence[Panel], specs: Sequence[PanelSpec]) -> Iterable[Shell]:
        row = None
        for panel, spec in zip(panels, specs, strict=True):
            part = self._parts[spec]
            yield Shell(
                key=str(panel.id),
                view=part.name,
                title=printable(panel.title),
                kind=panel.kind,
                row=panel.row,
                place=panel.place,
                width=panel.width,
                first=panel.row != row,
                href=part.href,
                edit_href=self._edit_href(panel) if self._may_edit else None,
            )
            row = panel.row

    def _edit_href(self, panel: Panel) -> str:
        return coming_back(self._paths.edit("panels", str(panel.id)), self._paths.board(self.slug))

    def parts(self, state: BoardState) -> Sequence[PanelView]:
        return [self._parts.get(spec) or self._part(spec) for spec in state.panels]

    def difference(
        self, old: BoardState, new: BoardState, changes: Sequence[Change]
    ) -> list[Operation]:
        before, after = ({shell.key: shell for shell in each.shells} for each in (old, new))
        deleted = {
            str(change.key[0]): "deleted"
            for change in changes
            if change.table == "panels" and change.op == "delete"
        }
        texts = [each for each in self._texts(new) if each not in self._texts(old)]
        return texts + difference(before, after, render_shell, deleted)

    def whole(self, state: BoardState) -> list[Operation]:
        html = "\n".join(map(render_shell, state.shells))
        return [*self._texts(state), {"op": "html", "target": "rows", "html": html}]

    @staticmethod
    def _texts(state: BoardState) -> list[Operation]:
        texts = {"title": state.title, "lead": state.description, "version": state.version}
        return [
            {
                "op": "html",
                "target": name,
                "html": render_macro("macros/text.pt", "text", text=text),
            }
            for name, text in texts.items()
        ]

    def totals(self, state: BoardState) -> dict[str, Any]:
        return {"total": None}


def render_shell(shell: Shell, body: str = "") -> str:
    """Return a panel's frame; a patch has it empty, which leaves what is in it as it is."""
    return render_macro("macros/panel.pt", "shell", shell=shell, body=body)


def panels_of(session: Session, board_id: int) -> Sequence[Panel]:
    order = (Panel.row, Panel.place, Panel.id)
    return session.scalars(
        sa.select(Panel).where(Panel.board_id == board_id).order_by(*order)
    ).all()


def version_of(panels: Iterable[Panel]) -> str:
    """Return a hash of how panels are arranged: what an arrangement says it began from."""
    places = sorted([panel.id, panel.row, panel.place, panel.width] for panel in panels)
    return hashlib.sha256(json.dumps(places).encode("ascii")).hexdigest()[:16]

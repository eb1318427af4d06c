"""What a live view is to those who keep it up to date: something that can be compared."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session

from dashboard.changes import Change

Operation = dict[str, Any]
"""``put``, ``remove`` or ``html``, as the page's script has them."""


class LiveView(Protocol):
    """Something on a page. Equal ``key``s are one view, evaluated once for all who watch it.

    A view may have parts, such as a board its panels: who watches it watches them too.
    """

    @property
    def key(self) -> Hashable: ...

    @property
    def name(self) -> str: ...

    @property
    def reads(self) -> Collection[str]:
        """The tables whose changes may change it."""

    def touched_by(self, change: Change) -> bool:
        """Tell whether a change of these tables may change it; no only where that's certain."""

    def load(self, session: Session) -> Any:
        """Return its state: what it shows, in a form that can be compared."""

    def parts(self, state: Any) -> Sequence[LiveView]:
        """Return the views that this one is made of. A part has no parts of its own."""

    def difference(self, old: Any, new: Any, changes: Sequence[Change]) -> list[Operation]:
        """Return the operations that turn a page that shows ``old`` into ``new``."""

    def whole(self, state: Any) -> list[Operation]:
        """Return the operations that make any page of this view show ``state``."""

    def totals(self, state: Any) -> dict[str, Any]:
        """Return what a patch says besides its operations, such as ``total``."""

"""What a panel or a board must keep to when it's saved: the ``validate`` of their tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator
from sqlalchemy.orm import Session

from dashboard.catalog import Catalog, Invalid, VisibleCatalog
from dashboard.models.boards import COLUMNS, MOST_ROWS
from dashboard.views.panels.questions import questions
from dashboard.views.panels.spec import PanelSpec

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SECONDS = (5, 86_400)
RANGES = {"width": (1, COLUMNS), "row": (1, MOST_ROWS), "place": (1, MOST_ROWS)}

Values = Mapping[str, Any]


def check_board(session: Session, before: Values | None, after: Values | None) -> None:
    if after is None:
        return
    errors: dict[str | None, list[str]] = {}
    if not SLUG.fullmatch(after["slug"] or ""):
        errors["slug"] = [
            "Small letters, digits, and single hyphens between them, as in day-shift."
        ]
    errors.update(_untitled(after))
    errors.update(_out_of_range(after, {"seconds": SECONDS}))
    if errors:
        raise Invalid(errors)


class PanelRules:
    """A panel's query must be one that its table can answer, of what its editor may see."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __call__(self, session: Session, before: Values | None, after: Values | None) -> None:
        if after is None:
            return
        errors = _untitled(after) | _out_of_range(after, RANGES)
        try:
            questions(PanelSpec.of_row(after), self._visible(session))
        except Invalid as error:
            errors.update(error.errors)
        if errors:
            raise Invalid(errors)

    def _visible(self, session: Session) -> VisibleCatalog:
        request = session.info.get("request")
        if request is None:
            return VisibleCatalog(self._catalog, lambda table: True)
        catalog: VisibleCatalog = request.access.catalog
        return catalog


def _untitled(after: Values) -> dict[str | None, list[str]]:
    return {} if (after["title"] or "").strip() else {"title": ["A title is needed."]}


def _out_of_range(
    after: Values, ranges: Mapping[str, tuple[int, int]]
) -> dict[str | None, list[str]]:
    return {
        name: [f"This must be a whole number from {low:,} to {high:,}."]
        for name, (low, high) in ranges.items()
        if not isinstance(after[name], int) or not low <= after[name] <= high
    }


def includeme(config: Configurator) -> None:
    catalog = config.registry["dashboard.catalog"]
    catalog.set_options("boards", validate=check_board)
    catalog.set_options("panels", validate=PanelRules(catalog))

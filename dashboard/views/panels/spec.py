"""A panel as its record says, in a form that can be compared and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.models.boards import Panel


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """What decides what a panel shows; where it stands on its board is no part of it."""

    id: int
    title: str
    kind: str
    table_name: str
    query: str
    second_query: str | None = None
    series: str | None = None
    chart: str | None = None
    unit: str | None = None
    trend: str | None = None
    warning: float | None = None
    critical: float | None = None
    bad: str = "high"

    @classmethod
    def of(cls, panel: Panel) -> PanelSpec:
        return cls(**{name: getattr(panel, name) for name in cls.__slots__})

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> PanelSpec:
        """Return that of a row by the columns' names, which may lack the id."""
        values: dict[str, Any] = {name: row.get(name) for name in cls.__slots__}
        texts = {name: values[name] or "" for name in ("title", "kind", "table_name", "query")}
        return cls(**{**values, **texts, "id": values["id"] or 0})

    @property
    def names(self) -> tuple[str, ...]:
        """What its lines or bars are called."""
        return tuple(name.strip() for name in (self.series or "").split(",") if name.strip())

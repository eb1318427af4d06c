"""The panels of a board: live views of a query, as a table, a tile or a chart."""

from __future__ import annotations

from dashboard.views.panels.panel_view import PanelView
from dashboard.views.panels.spec import PanelSpec

__all__ = ["PanelSpec", "PanelView"]

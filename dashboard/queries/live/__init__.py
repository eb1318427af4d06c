"""Live views: evaluated once for all who watch the same, and sent as differences."""

from __future__ import annotations

from dashboard.queries.live.slow import TooSlow
from dashboard.queries.live.view import LiveView, Operation
from dashboard.queries.live.views import LiveViews
from dashboard.queries.live.watcher import Round, Watcher

__all__ = ["LiveView", "LiveViews", "Operation", "Round", "TooSlow", "Watcher"]

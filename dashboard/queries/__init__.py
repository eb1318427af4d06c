"""Queries of tables, and live views that follow what changes in them."""

from __future__ import annotations

from functools import partial

from pyramid.config import Configurator

from dashboard.models import reading
from dashboard.queries.groups import GroupRow, Groups, fetch_groups
from dashboard.queries.live import LiveView, LiveViews, Round, Watcher
from dashboard.queries.page import Page, Total, fetch_page
from dashboard.queries.query import Field, Group, Measure, QueryError, TableQuery

__all__ = [
    "Field",
    "Group",
    "GroupRow",
    "Groups",
    "LiveView",
    "LiveViews",
    "Measure",
    "Page",
    "QueryError",
    "Round",
    "TableQuery",
    "Total",
    "Watcher",
    "fetch_groups",
    "fetch_page",
]


def includeme(config: Configurator) -> None:
    registry = config.registry
    registry["dashboard.live_views"] = LiveViews(
        registry["dashboard.broadcaster"], partial(reading, registry)
    )

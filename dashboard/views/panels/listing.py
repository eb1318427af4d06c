"""A panel's table: rows of records or of groups, kept up to date row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.views.groups_view import GroupsState, GroupsView
from dashboard.views.table_tools import headings
from dashboard.views.table_view import TableState, TableView


@dataclass(frozen=True, slots=True)
class Head:
    name: str
    label: str
    align: str


@dataclass(frozen=True, slots=True)
class ListState:
    """What the page of the panel's query shows, without its links to other pages."""

    heads: tuple[Head, ...]
    page: TableState | GroupsState


def heads_of(view: TableView | GroupsView) -> tuple[Head, ...]:
    found: list[dict[str, Any]] = headings(view)
    return tuple(Head(each["name"], each["label"], each["align"]) for each in found)

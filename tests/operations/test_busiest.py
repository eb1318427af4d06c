"""The table to begin with: many rows, in use, and about something."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.operations.busiest import busiest
from dashboard.operations.spans import Span
from dashboard.operations.survey import Rows, Surveyed


def surveyed(name: str, rows: int, *, day: int = 0, key: bool = True, link: bool = False) -> Any:
    """Return a table whose newest row is of a day of 2025, or that has no times."""
    other: Any = SimpleNamespace(primary_key=False, reference=None)
    named: Any = SimpleNamespace(primary_key=key, reference=None)
    columns = (named,) if link else (named, other)
    table: Any = SimpleNamespace(name=name, key=(named,) if key else (), public_columns=columns)
    at = datetime.fromordinal(datetime(2025, 1, 1).toordinal() + day)
    span = Span(other, rows, at, at) if day else None
    return Surveyed(table, Rows(rows), (span,) if span else (), span)


@pytest.mark.parametrize(
    ("tables", "changes", "name"),
    [
        ([], {}, None),
        ([surveyed("a", 0)], {}, None),
        ([surveyed("a", 10), surveyed("b", 20)], {}, "b"),
        ([surveyed("a", 10, day=1), surveyed("b", 500)], {}, "a"),
        ([surveyed("a", 10, day=300), surveyed("b", 50, day=100)], {}, "a"),
        ([surveyed("a", 10, day=300), surveyed("b", 50, day=290)], {}, "b"),
        ([surveyed("a", 10), surveyed("b", 50)], {"a": 3}, "a"),
        ([surveyed("a", 10), surveyed("b", 500, key=False)], {}, "a"),
        ([surveyed("a", 10), surveyed("b", 500, link=True)], {}, "a"),
        ([surveyed("b", 500, key=False)], {}, "b"),
        ([surveyed("a", 10), surveyed("django_migrations", 159, day=300)], {}, "a"),
        ([surveyed("a", 0), surveyed("alembic_version", 1)], {}, "alembic_version"),
        ([surveyed("a", 10), surveyed("training_sessions", 50)], {}, "training_sessions"),
    ],
)
def test_the_busiest(tables: list[Surveyed], changes: dict[str, int], name: str | None) -> None:
    found = busiest(tables, changes)
    assert (found and found.table.name) == name

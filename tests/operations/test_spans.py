"""What the least and the greatest value of a column tell of its times."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.operations.spans import Span, newest, span_of

COLUMN: Any = SimpleNamespace(name="at", kind="datetime")
NOON = datetime(2026, 1, 1, 12)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (NOON, NOON),
        (NOON.replace(tzinfo=UTC), NOON),
        (NOON.replace(tzinfo=timezone(timedelta(hours=2))), datetime(2026, 1, 1, 10)),
        (date(2026, 1, 1), datetime(2026, 1, 1)),
        ("2026-01-01 12:00:00", NOON),
        ("2026-01-01T12:00:00Z", NOON),
    ],
)
def test_a_time_is_one_in_utc(value: Any, moment: datetime) -> None:
    found = span_of(COLUMN, (3, value, value))
    assert found is not None
    assert (found.first, found.last, found.filled) == (moment, moment, 3)


@pytest.mark.parametrize("value", [None, "soon", 17, ""])
def test_what_is_no_time_makes_no_span(value: Any) -> None:
    assert span_of(COLUMN, (3, value, value)) is None


def test_what_is_planned_counts_where_there_is_nothing_else() -> None:
    def span(days: int) -> Span:
        return Span(COLUMN, 1, NOON, NOON + timedelta(days=days))

    now = NOON + timedelta(days=10)
    assert newest([span(5), span(9), span(300)], now) == span(9)
    assert newest([span(300), span(400)], now) == span(400)
    assert newest([], now) is None

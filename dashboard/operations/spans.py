"""The times of a table's rows: from when to when each of its columns goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from dashboard.catalog import Column, Table
from dashboard.queries import Field, Measure
from dashboard.queries.aggregates import BUCKETS_OF

MOST_STEPS = 120
"""Steps that a line has at most, as long as there are coarser ones."""

SECONDS = {
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 7 * 86_400,
    "month": 30 * 86_400,
    "year": 365 * 86_400,
}


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last time of a column, in UTC without a zone; ``filled`` rows have one."""

    column: Column
    filled: int
    first: datetime
    last: datetime

    @property
    def bucket(self) -> str:
        """The finest step by which a line of all of it can still be read."""
        seconds = (self.last - self.first).total_seconds()
        fitting = (each for each in self.buckets if seconds / SECONDS[each] <= MOST_STEPS)
        return next(fitting, self.buckets[-1])

    @property
    def buckets(self) -> Sequence[str]:
        return BUCKETS_OF[self.column.kind]

    @property
    def period(self) -> str:
        """The step whose newest is worth a number: one that is coarser than a line's."""
        following = self.buckets[self.buckets.index(self.bucket) + 1 :]
        coarser = self.bucket in ("minute", "hour") and following
        return following[0] if coarser else self.bucket


def time_columns(table: Table) -> list[Column]:
    return [each for each in table.public_columns if each.kind in BUCKETS_OF]


def measures_of(column: Column) -> tuple[Measure, ...]:
    """Return what has to be asked of a column to know its span."""
    return tuple(Measure(function, Field(column)) for function in ("count", "min", "max"))


def span_of(column: Column, values: Iterable[Any]) -> Span | None:
    """Return the span that the values of ``measures_of`` tell, None where there's no time."""
    filled, first, last = values
    begin, end = _moment(first), _moment(last)
    return Span(column, filled, begin, end) if filled and begin and end else None


def newest(spans: Iterable[Span], now: datetime) -> Span | None:
    """Return the column that tells best what happened last.

    What lies in the future is planned: it tells of the newest only where nothing else does.
    """
    ranked = ((span.last <= now, span.last, span.filled, span) for span in spans)
    return max(ranked, key=lambda each: each[:3], default=(None,) * 4)[3]


def _moment(value: Any) -> datetime | None:
    # Some databases keep times as texts, written by anybody.
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return datetime.combine(value, time()) if isinstance(value, date) else None

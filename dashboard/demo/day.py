"""The recorded day: what is known of each flight, and from when on.

The record says when each flight was to leave and when it left and landed. What people at the
gate knew in between follows from that, and no more is told:

- until it should leave, a flight is *scheduled*, and nothing else is known;
- 15 minutes later, the limit from which US statistics count a flight as late, one that hasn't
  left is *delayed*; its delay is the minutes that it is late so far, told every 15 minutes;
- when it leaves it is *departed*, and its delay is final;
- when it lands it is *landed*; where no landing is on record (the flight was diverted, or
  turned back), it stays departed;
- the record doesn't say when a flight was cancelled, so it is *cancelled* at the time at which
  it should have left.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

DATA_FILE = Path(__file__).with_name("data") / "nyc-2013-07-22.json.gz"
DAY = date(2013, 7, 22)
LATE = timedelta(minutes=15)

Values = dict[str, Any]
"""Columns of a flight and what they become."""

News = tuple[datetime, Values]
"""When something becomes known of a flight, and what."""

Designator = tuple[str, int]
"""The carrier and the number of a flight, which together name one flight of the day."""


@cache
def tables() -> dict[str, list[Values]]:
    """Return the file's rows by table: airlines, airports, planes, flights."""
    content = json.loads(gzip.decompress(DATA_FILE.read_bytes()))
    return {
        name: [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
        for name, table in content.items()
    }


@dataclass(frozen=True, slots=True)
class Record:
    """One flight of the record, in the order of the schedule."""

    carrier: str
    number: int
    tailnum: str | None
    origin: str
    destination: str
    scheduled: datetime
    departed: datetime | None
    landed: datetime | None
    arrival_delay: int | None

    @property
    def designator(self) -> Designator:
        return self.carrier, self.number


@cache
def records() -> tuple[Record, ...]:
    return tuple(
        Record(**{name: _moment(name, value) for name, value in row.items()})
        for row in tables()["flights"]
    )


def _moment(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value and name in _MOMENTS else value


_MOMENTS = frozenset({"scheduled", "departed", "landed"})


def beginning() -> Values:
    """Return what is known of any flight before the day: nothing but its schedule."""
    return {
        "status": "scheduled",
        "expected": None,
        "delay": None,
        "landed": None,
        "arrival_delay": None,
        "updated": None,
    }


def story(record: Record) -> list[News]:
    """Return the news of a flight in the order of time: (moment, what becomes known)."""
    if record.departed is None:
        news: list[News] = [(record.scheduled, {"status": "cancelled"})]
    else:
        news = [*_waiting(record.scheduled, record.departed), _departure(record, record.departed)]
        if record.landed is not None:
            news.append(_landing(record, record.landed))
    return [(moment, {**values, "updated": moment}) for moment, values in news]


def _waiting(scheduled: datetime, departed: datetime) -> list[News]:
    news = []
    moment = scheduled + LATE
    while moment < departed:
        values = {"status": "delayed", "expected": moment, "delay": _minutes(moment - scheduled)}
        news.append((moment, values))
        moment += LATE
    return news


def _departure(record: Record, departed: datetime) -> News:
    delay = _minutes(departed - record.scheduled)
    return departed, {"status": "departed", "expected": departed, "delay": delay}


def _landing(record: Record, landed: datetime) -> News:
    late = record.arrival_delay
    return landed, {"status": "landed", "landed": landed, "arrival_delay": late}


def _minutes(span: timedelta) -> int:
    return round(span.total_seconds() / 60)


@cache
def news() -> dict[datetime, dict[Designator, Values]]:
    """Return the whole day in order of time: moment -> flight -> what becomes known of it."""
    day: dict[datetime, dict[Designator, Values]] = defaultdict(dict)
    for record in records():
        for moment, values in story(record):
            day[moment].setdefault(record.designator, {}).update(values)
    return {moment: day[moment] for moment in sorted(day)}


def board_at(moment: datetime) -> dict[Designator, Values]:
    """Return what is known of each flight at ``moment``, the news of that minute included."""
    board = {record.designator: beginning() for record in records()}
    for when, flights in news().items():
        if when > moment:
            break
        for designator, values in flights.items():
            board[designator].update(values)
    return board

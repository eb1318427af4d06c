"""Steps of time: the one that follows, all between two, and how each is called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.views.charts.series import Slot

BUCKETS = ("minute", "hour", "day", "week", "month", "year")
_SPANS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
MOST = 400


def parse_begin(text: str) -> datetime:
    """Return the moment at which a bucket begins, on the clock that its text is written in."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def after(begin: datetime, bucket: str) -> datetime:
    """Return where the next bucket begins. Raises OverflowError after the year 9999."""
    if bucket in _SPANS:
        return begin + _SPANS[bucket]
    month = begin.month + 1 if bucket == "month" else 13
    year = begin.year + month // 13
    if year > datetime.max.year:
        raise OverflowError("There is no later year.")
    return begin.replace(year=year, month=month if month < 13 else 1)


def between(begins: Sequence[datetime], bucket: str) -> list[datetime]:
    """Return every bucket from the first to the last of ``begins``, the newest MOST of them."""
    if not begins:
        return []
    first, last = min(begins), max(begins)
    if bucket in _SPANS:
        # Counted from the end, so that a lone value of long ago costs nothing.
        first = max(first, last - (MOST - 1) * _SPANS[bucket])
    found, begin = [], first
    while begin < last:
        found.append(begin)
        begin = after(begin, bucket)
    return [*found, last][-MOST:]


def slots(begins: Sequence[datetime], bucket: str) -> list[Slot]:
    one_day = len({each.date() for each in begins}) <= 1
    return [Slot(_label(each, bucket), _short(each, bucket, one_day)) for each in begins]


def _label(begin: datetime, bucket: str) -> str:
    forms = {"minute": "%Y-%m-%d %H:%M", "hour": "%Y-%m-%d %H:%M", "month": "%Y-%m", "year": "%Y"}
    if bucket == "week":
        return f"Week of {begin:%Y-%m-%d}"
    return begin.strftime(forms.get(bucket, "%Y-%m-%d"))


def _short(begin: datetime, bucket: str, one_day: bool) -> str:
    if bucket in ("minute", "hour"):
        # Over several days midnight tells which day begins.
        midnight = (begin.hour, begin.minute) == (0, 0)
        return f"{begin.day} {begin:%b}" if midnight and not one_day else f"{begin:%H:%M}"
    if bucket in ("day", "week"):
        return f"{begin.day} {begin:%b}"
    return begin.strftime("%b %Y" if bucket == "month" else "%Y")

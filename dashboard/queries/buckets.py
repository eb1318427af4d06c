"""Buckets of time: the hour, day, week... that a moment is in, in UTC, on any database."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from dashboard.queries.sql import Expression

# Of each bucket: how much of SQLite's text of a moment tells which it is, its format for
# strftime, and what moves a day to the begin of its bucket.
_SQLITE: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "minute": (16, "%Y-%m-%dT%H:%M", ()),
    "hour": (16, "%Y-%m-%dT%H:00", ()),
    "day": (10, "%Y-%m-%d", ()),
    "week": (10, "%Y-%m-%d", ("weekday 0", "-6 days")),
    "month": (10, "%Y-%m-01", ()),
    "year": (10, "%Y-01-01", ()),
}


def bucketed(
    expression: Expression, bucket: str, dialect: str, *, strict: bool = True
) -> Expression:
    """Return the SQL for the begin of the bucket that a date or datetime is in, as ISO text.

    Minutes and hours are ``2013-07-22T17:00``, the others a date; weeks begin on Monday. A
    moment without a zone counts as one in UTC. Unless its column is ``strict``, what doesn't begin
    with a day of the calendar is in no bucket.
    """
    if dialect == "sqlite":
        length, form, moves = _SQLITE[bucket]
        # The text is cut first, for strftime rounds: 23:59:59.9999 would be the next day.
        text = sa.type_coerce(expression, sa.String)
        begin = sa.func.substr(text, 1, length)
        found = sa.func.strftime(form, begin, *moves, type_=sa.String)
        if strict:
            return found
        # SQLite would take 12:00 for a time of the year 2000, and a number for that of a day.
        day = sa.func.substr(text, 1, 10)
        return sa.case((sa.and_(sa.func.date(day) == day, day >= "0001"), found))
    if dialect == "postgresql":
        moment: Expression = sa.cast(expression, sa.DateTime)
        if getattr(expression.type, "timezone", False):
            moment = sa.func.timezone("UTC", expression)
        form = 'YYYY-MM-DD"T"HH24:MI' if bucket in ("minute", "hour") else "YYYY-MM-DD"
        begin = sa.func.to_char(sa.func.date_trunc(bucket, moment), form, type_=sa.String)
        # Infinity, and years that are no four digits, are in no bucket.
        usual = moment.between(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59))
        return sa.case((usual, begin))
    raise NotImplementedError(f"Buckets of time aren't known for {dialect}.")


def bucket_text(begin: str | None) -> str:
    """Return the begin of a bucket as a person reads it; "" for no time at all."""
    return "" if begin is None else begin.replace("T", " ")


def bucket_end(begin: str, bucket: str) -> str:
    """Return the begin of the bucket that follows the one that begins at ``begin``."""
    start = datetime.fromisoformat(begin)
    steps = {
        "minute": timedelta(minutes=1),
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(weeks=1),
    }
    if bucket in steps:
        end = start + steps[bucket]
    elif bucket == "month":
        end = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    else:
        end = start.replace(year=start.year + 1)
    return end.isoformat(timespec="minutes") if "T" in begin else end.date().isoformat()

"""What a person typed, as the value of a column."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from dashboard.catalog import Column
from dashboard.catalog.values import enum_members, parse, shorten
from dashboard.forms.json_texts import SURROGATE, parse_json
from dashboard.forms.texts import MAX_EXPONENT, has_zone

_INTERVAL = re.compile(
    r"(-?)(?:(\d{1,9}) ?d(?:ays?)?,? *)?(\d{1,12}):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?"
)


def refuse_unstorable(text: str) -> None:
    """Raise ValueError where ``text`` holds what no text column can."""
    if "\0" in text:
        raise ValueError("A NUL character can't be stored. Remove it.")
    if SURROGATE.search(text):
        raise ValueError("Half of a character (a lone surrogate) can't be stored. Remove it.")


def parse_text(column: Column, text: str) -> Any:
    """Return the value that ``text`` (not empty) means in ``column``.

    Raises ValueError with a sentence for the person who typed it.
    """
    if column.kind in ("text", "longtext") and not column.choices:
        return text
    if column.kind == "choice" or column.choices:
        return _parse_choice(column, text)
    special = _SPECIAL.get(column.kind)
    return special(column, text.strip()) if special else parse(column, text.strip())


def _parse_choice(column: Column, text: str) -> Any:
    if text not in {each.value for each in column.choices}:
        allowed = ", ".join(each.label for each in column.choices)
        raise ValueError(f"{shorten(text)} is not one of: {allowed}.")
    members = enum_members(column)
    if members:
        return members[text]
    return text if column.kind in ("choice", "text", "longtext") else parse(column, text)


def _parse_number(column: Column, text: str) -> Any:
    number = parse(column, text)
    if isinstance(number, Decimal) and abs(number.adjusted()) >= MAX_EXPONENT:
        raise ValueError(f"{shorten(text)} is too large or too small.")
    if column.sql.type.python_type is not float:
        return number
    # A double beyond its range becomes infinite, or silently 0.
    if math.isinf(float(number)) or (number and not float(number)):
        raise ValueError(f"{shorten(text)} is too large or too small.")
    return float(number)


def _parse_datetime(column: Column, text: str) -> datetime:
    value: datetime = parse(column, text)
    if has_zone(column):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else _utc(value, text)
    if value.tzinfo is not None:
        raise ValueError("The date and time must be without a time zone.")
    return value


def _utc(value: datetime, text: str) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{shorten(text)} is outside of the calendar.") from error


def _parse_time(column: Column, text: str) -> time:
    value: time = parse(column, text)
    if value.tzinfo is not None and not has_zone(column):
        raise ValueError("The time must be without a time zone.")
    return value


def _parse_interval(column: Column, text: str) -> timedelta:
    found = _INTERVAL.fullmatch(text)
    try:
        if found is None:
            return timedelta(seconds=float(text))
        sign, days, hours, minutes, seconds = found.groups()
        micro = int(Decimal(seconds or 0) * 1_000_000)
        value = timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes))
        value += timedelta(microseconds=micro)
        return -value if sign else value
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shorten(text)} is not a duration such as 1:30:00.") from error


def _parse_json(column: Column, text: str) -> Any:
    value = parse_json(text)
    # Only where None is to mean SQL's NULL does JSON's null need a constant of its own.
    none_as_null = getattr(column.sql.type, "none_as_null", False)
    return sa.JSON.NULL if value is None and none_as_null else value


_SPECIAL: dict[str, Any] = {
    "number": _parse_number,
    "datetime": _parse_datetime,
    "time": _parse_time,
    "interval": _parse_interval,
    "json": _parse_json,
}

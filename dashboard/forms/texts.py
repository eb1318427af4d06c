"""A column's value as the text that a form's control holds, and back.

The text is exact wherever a control can be: what it can't express (microseconds in a date
control, for one) is never lost, since a field whose text came back as it went out isn't stored.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from dashboard.catalog import Column
from dashboard.catalog.values import enum_text, to_json
from dashboard.forms.json_texts import json_text

MAX_EXPONENT = 400
"""Larger exponents would be written out as that many zeros."""


def has_zone(column: Column) -> bool:
    """Tell whether a date and time of ``column`` names an instant (kept in UTC)."""
    return bool(getattr(column.sql.type, "timezone", False))


def form_text(column: Column, value: Any) -> str:
    """Return the text of ``value`` in a form; "" for NULL. Never raises, whatever is stored."""
    if value is None:
        return ""
    if column.kind == "json":
        return json_text(value)
    if isinstance(value, Enum):
        return enum_text(column, value)
    write = next((write for type_, write in _WRITERS if isinstance(value, type_)), None)
    return str(to_json(value)) if write is None else write(value)


def interval_text(value: timedelta) -> str:
    """Return ``[-]H:MM:SS[.ffffff]``, with as many hours as it takes; exact."""
    micro = abs(value) // timedelta(microseconds=1)
    seconds, micro = divmod(micro, 1_000_000)
    sign = "-" if value < timedelta(0) else ""
    text = f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{micro:06}".rstrip("0") if micro else text


def _clock_text(value: datetime | time) -> str:
    # Browsers take at most three digits of a second, and empty a control that has more.
    return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")


def _number_text(value: Decimal) -> str:
    # Written out, as people type numbers; but not as millions of zeros.
    plain = value.is_finite() and abs(value.adjusted()) < MAX_EXPONENT
    return format(value, "f") if plain else str(value)


def _datetime_text(value: datetime) -> str:
    aware = value.tzinfo is not None
    return _clock_text(value.astimezone(UTC).replace(tzinfo=None) if aware else value)


_WRITERS: tuple[tuple[type[Any], Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (datetime, _datetime_text),
    (time, _clock_text),
    (timedelta, interval_text),
    (Decimal, _number_text),
)

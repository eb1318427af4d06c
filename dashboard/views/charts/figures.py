"""Figures as people read them: short on a tile or an axis, whole in a table."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dashboard.catalog.values import to_json

_LARGE = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"))
LARGEST = 1e18
FARTHEST = 1e300
"""Larger figures are drawn as this one, so that sums of them stay finite."""

MINUS = "\N{MINUS SIGN}"


def as_number(value: Any) -> float | None:
    """Return a figure to draw, None for NULL and infinity; raise TypeError for no number."""
    match value:
        case None:
            return None
        case bool() | int() | float() | Decimal():
            return _finite(value)
        case timedelta():
            return value.total_seconds()
        case _:
            raise TypeError(f"{str(value)[:60]!r} is not a number.")


def _finite(value: float | Decimal) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        number = FARTHEST if value > 0 else -FARTHEST
    return max(-FARTHEST, min(FARTHEST, number)) if math.isfinite(number) else None


def short(value: float | None) -> str:
    """Return a figure in few characters: ``1,204``, ``12.4``, ``3.2M``; a dash for None."""
    if value is None:
        return "—"
    size = abs(value)
    if size >= LARGEST:
        text = f"{size:.1e}".replace("e+", "e")
    elif size >= 999_950:
        unit, sign = next(each for each in _LARGE if size >= each[0] * 0.99995)
        text = f"{_trimmed(size / unit, 1)}{sign}"
    else:
        text = _trimmed(size, _decimals(size))
    return f"{MINUS}{text}" if value < 0 and text.strip("0.") else text


def _decimals(size: float) -> int:
    """Return how many decimals are worth reading: about three figures in all."""
    if size >= 100 or size == 0:
        return 0
    return 1 if size >= 1 else min(6, 1 - math.floor(math.log10(size)))


def _trimmed(size: float, decimals: int) -> str:
    text = f"{size:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(value: Any) -> str:
    """Return a figure with all that is known of it."""
    match value:
        case None:
            return "—"
        case bool():
            return "Yes" if value else "No"
        case int():
            return _signed(f"{value:,}")
        case Decimal():
            return _signed(f"{value:,f}" if abs(value) < Decimal("1e30") else str(value))
        case float():
            return _signed(f"{value:,.10g}")
        case timedelta():
            return str(value)
        case datetime() | date() | time():
            return str(value)
        case _:
            return str(to_json(value))


def _signed(text: str) -> str:
    return text.replace("-", MINUS, 1) if text.startswith("-") else text


def with_unit(text: str, unit: str | None) -> str:
    """Return ``45 min``, and ``45%`` without a space, as these are written."""
    if not unit or text == "—":
        return text
    return f"{text}{'' if unit in ('%', '°') else ' '}{unit}"

"""What a value of the change log certainly isn't, whatever database holds it.

Databases compare as their types and collations have it, and the log has values as JSON does: so
much is certain only where every one of them must come to the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from dashboard.catalog import Column
from dashboard.catalog.values import to_json
from dashboard.models.types import UtcDateTime
from dashboard.queries.query import Filter

UNCERTAIN = object()
"""Stands for a value that a change doesn't have."""


def fails(filter_: Filter, value: Any) -> bool:
    """Tell whether a column's value, as the log has it, certainly doesn't satisfy a filter."""
    column = filter_.field.column
    if value is UNCERTAIN or not _is_plain(column):
        return False
    if filter_.op == "isnull":
        return value is not None
    if value is None:
        return True  # NULL satisfies nothing else.
    return _FAILS.get(filter_.op, _never)(column, value, filter_.value)


def unequal(column: Column, value: Any, wanted: Any) -> bool:
    """Tell whether a value, as the log has it, certainly isn't ``wanted`` to any database."""
    if value is None or wanted is None:
        return value is not wanted
    return _is_plain(column) and _outside(column, value, wanted, below=True, above=True)


def _is_plain(column: Column) -> bool:
    """Tell whether what a column has in the log is what the database compares."""
    type_ = column.sql.type
    if isinstance(type_, sa.types.TypeDecorator) and not isinstance(type_, UtcDateTime):
        return False
    return column.kind not in ("json", "other", "interval", "time")


def _never(column: Column, value: Any, wanted: Any) -> bool:
    return False


def _same(column: Column, value: Any, wanted: Any) -> bool:
    """Tell whether a value is certainly ``wanted``: only what is written alike."""
    if column.kind == "integer":
        return type(value) is int and value == wanted
    return column.kind in ("text", "longtext", "choice", "date") and value == to_json(wanted)


def _outside(column: Column, value: Any, wanted: Any, below: bool, above: bool) -> bool:
    """Tell whether a value is certainly less, or certainly more, as far as these are asked."""
    try:
        return _COMPARED.get(column.kind, _incomparable)(column, value, wanted, below, above)
    except (ValueError, TypeError, InvalidOperation, OverflowError):
        return False


def _incomparable(column: Column, value: Any, wanted: Any, below: bool, above: bool) -> bool:
    return False


def _compare_integers(column: Column, value: Any, wanted: Any, below: bool, above: bool) -> bool:
    if type(value) is not int or type(wanted) is not int:
        return False
    return (below and value < wanted) or (above and value > wanted)


def _compare_numbers(column: Column, value: Any, wanted: Any, below: bool, above: bool) -> bool:
    """What is stored may have more digits than the log, and a database may compare by floats."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if isinstance(value, bool) or not number.is_finite():
        return False
    wanted = Decimal(wanted)
    margin = Decimal(10) ** -_scale(column) + max(abs(number), abs(wanted)) / 1_000_000
    return (below and number < wanted - margin) or (above and number > wanted + margin)


def _scale(column: Column) -> int:
    """Return how many digits after the point a number has in the log."""
    type_: Any = column.sql.type
    scales = (getattr(type_, name, None) for name in ("decimal_return_scale", "scale"))
    return next((int(each) for each in scales if each is not None), 10)


def _compare_dates(column: Column, value: Any, wanted: Any, below: bool, above: bool) -> bool:
    day = date.fromisoformat(value)
    return (below and day < wanted) or (above and day > wanted)


def _compare_moments(column: Column, value: Any, wanted: Any, below: bool, above: bool) -> bool:
    """SQLite compares texts, which need not be written alike: only the day is certain.

    With zones not even that, and what is a day off counts as doubtful.
    """
    moment = datetime.fromisoformat(value)
    zoned = moment.tzinfo is not None or wanted.tzinfo is not None
    days = (moment.date() - wanted.date()).days
    doubtful = 1 if zoned or getattr(column.sql.type, "timezone", False) else 0
    return (below and days < -doubtful) or (above and days > doubtful)


def _compare_texts(column: Column, value: Any, wanted: Any, below: bool, above: bool) -> bool:
    """Their order is the database's own affair; equal are at most those that look alike."""
    if not (below and above):
        return False
    wanted = to_json(wanted)
    plain = _is_certain(value) and _is_certain(wanted)
    return plain and _folded(value) != _folded(wanted)


def _compare_others(column: Column, value: Any, wanted: Any, below: bool, above: bool) -> bool:
    return below and above and type(value) is type(to_json(wanted)) and value != to_json(wanted)


_COMPARED: dict[str, Callable[[Column, Any, Any, bool, bool], bool]] = {
    "integer": _compare_integers,
    "number": _compare_numbers,
    "date": _compare_dates,
    "datetime": _compare_moments,
    "text": _compare_texts,
    "longtext": _compare_texts,
    "choice": _compare_texts,
    "boolean": _compare_others,
    "uuid": _compare_others,
}


def _is_certain(text: Any) -> bool:
    """Tell whether every database takes a text alike; SQLite ends some at a NUL."""
    return isinstance(text, str) and text.isascii() and "\0" not in text


def _folded(text: str) -> str:
    """Return what a collation may at most reduce a text to: letters and digits of one case."""
    return "".join(filter(str.isalnum, text.lower()))


def _like_fails(matches: Callable[[str, str], bool]) -> Callable[[Column, Any, Any], bool]:
    def like(column: Column, value: Any, wanted: Any) -> bool:
        text = str(value) if column.kind == "integer" and type(value) is int else value
        # Of other kinds the database has texts of its own; an Enum's member has another name.
        known = column.kind in ("text", "longtext", "integer", "choice")
        if not known or isinstance(column.sql.type, sa.Enum):
            return False
        if not (_is_certain(text) and _is_certain(wanted)):
            return False
        return not matches(text.lower(), wanted.lower())

    return like


_FAILS: dict[str, Callable[[Column, Any, Any], bool]] = {
    "exact": unequal,
    "not": _same,
    "gt": lambda column, value, wanted: (
        _outside(column, value, wanted, below=True, above=False) or _same(column, value, wanted)
    ),
    "gte": lambda column, value, wanted: _outside(column, value, wanted, below=True, above=False),
    "lt": lambda column, value, wanted: (
        _outside(column, value, wanted, below=False, above=True) or _same(column, value, wanted)
    ),
    "lte": lambda column, value, wanted: _outside(column, value, wanted, below=False, above=True),
    "in": lambda column, value, wanted: all(unequal(column, value, each) for each in wanted),
    "notin": lambda column, value, wanted: any(_same(column, value, each) for each in wanted),
    "contains": _like_fails(lambda text, wanted: wanted in text),
    "startswith": _like_fails(str.startswith),
    "endswith": _like_fails(str.endswith),
}

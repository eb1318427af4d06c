"""A column's value as JSON, as text for people, and back."""

from __future__ import annotations

import base64
import enum
import json
import math
import re
import uuid
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, unquote

from dashboard.catalog.table import Column, Table
from dashboard.models.sqlite_values import Undecodable

TRUE_WORDS = frozenset({"1", "true", "t", "yes", "y", "on"})
FALSE_WORDS = frozenset({"0", "false", "f", "no", "n", "off"})

PLAIN = frozenset({type(None), bool, int, str})
"""The types whose values JSON has as they are."""


def to_json(value: Any) -> Any:
    """Return ``value`` as JSON has it: the form in which the log and the wire carry it.

    Decimals and UUIDs are strings, times are ISO 8601, durations are seconds, bytes are base64,
    an Enum's member is its name (as SQLAlchemy stores it).
    """
    match value:
        case enum.Enum():
            return value.name
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal() | uuid.UUID():
            return str(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(bytes(value)).decode("ascii")
        case dict():
            return {str(key): to_json(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [to_json(each) for each in value]
        case _:
            return str(value)


def to_text(column: Column, value: Any) -> str:
    """Return ``value`` as a person reads it in ``column``; "" for NULL."""
    match value:
        case None:
            return ""
        case bool():
            return "Yes" if value else "No"
        case enum.Enum():
            return column.choice_label(enum_text(column, value))
        case datetime():
            return value.isoformat(" ", "auto" if value.microsecond else _precision(value))
        case time():
            return value.isoformat("auto" if value.microsecond else _precision(value))
        case Undecodable():
            return value.decode(errors="replace")
        case bytes():
            return f"{len(value):,} bytes"
        case dict() | list():
            return json.dumps(to_json(value), ensure_ascii=False)
        case str() | int() if column.choices:
            return column.choice_label(str(value))
        case _:
            return str(value)


NUMBERS = frozenset({"inf", "-inf", "nan", "Infinity", "-Infinity", "NaN"})


def read(column: Column, text: str) -> Any:
    """Return the value that ``text`` means in ``column``, as ``parse`` does.

    Where the database may hold what isn't of the column's kind, that is the text itself.
    """
    if column.typing == "strict":
        return parse(column, text)
    if column.typing == "raw":
        return text
    if column.kind in ("number", "integer") and text in NUMBERS:
        return float(text)
    try:
        return parse(column, text)
    except ValueError:
        return text


def _precision(value: datetime | time) -> str:
    return "seconds" if value.second else "minutes"


def parse(column: Column, text: str) -> Any:
    """Return the value that ``text`` means in ``column``; NULL isn't expressible here.

    Raises ValueError with a sentence for the person who wrote it.
    """
    if column.kind == "choice":
        return _parse_choice(column, text)
    expected, convert = _PARSERS.get(column.kind, ("a text", str))
    try:
        return convert(text)
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise ValueError(f"{shorten(text)} is not {expected}.") from error


def _parse_choice(column: Column, text: str) -> Any:
    if column.choices and text not in {each.value for each in column.choices}:
        allowed = ", ".join(each.value for each in column.choices)
        raise ValueError(f"{shorten(text)} is not one of {allowed}.")
    return enum_members(column).get(text, text)


def enum_members(column: Column) -> dict[str, enum.Enum]:
    """Return the members of the column's Enum class by the text that the database holds."""
    type_: Any = column.sql.type
    enum_class = getattr(type_, "enum_class", None)
    return {} if enum_class is None else dict(zip(type_.enums, enum_class, strict=False))


def _from_number(column: Column, value: float) -> Any:
    if column.kind == "interval":
        return parse(column, repr(value))
    fits = isinstance(value, float) or -(2**63) <= value < 2**63
    if not fits or column.kind not in ("integer", "number", "boolean", "json", "other"):
        raise ValueError(f"{value!r} is not a value of {column.name}.")
    return value


def _member_named(column: Column, name: str) -> enum.Enum:
    found = next((each for each in enum_members(column).values() if each.name == name), None)
    if found is None:
        raise ValueError(f"{shorten(name)} is not a value of {column.name}.")
    return found


def enum_text(column: Column, value: enum.Enum) -> str:
    members = enum_members(column)
    return next((text for text, each in members.items() if each is value), value.name)


def _parse_boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError(text)
    return word in TRUE_WORDS


def _parse_integer(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


def _parse_number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


_PARSERS: dict[str, tuple[str, Any]] = {
    "integer": ("a whole number", _parse_integer),
    "number": ("a number", _parse_number),
    "boolean": ("yes or no", _parse_boolean),
    "date": ("a date such as 2013-07-22", date.fromisoformat),
    "datetime": ("a date and time such as 2013-07-22 17:45", datetime.fromisoformat),
    "time": ("a time such as 17:45", time.fromisoformat),
    "interval": ("a number of seconds", lambda text: timedelta(seconds=float(text))),
    "uuid": ("a UUID", uuid.UUID),
    "json": ("JSON", json.loads),
}


def shorten(text: str, length: int = 60) -> str:
    """Return ``text`` quoted and cut to about ``length`` characters, for an error message."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")


def encode_name(name: str) -> str:
    """Return a table's name as a segment of a path: as it is, but for what couldn't be in one."""
    text = re.sub(r"[%/\\\x00-\x1f\x7f]", lambda found: f"%{ord(found[0]):02X}", name)
    return text.replace(".", "%2E") if text in (".", "..") else text or _EMPTY_KEY


def decode_name(text: str) -> str:
    """Return the name that ``encode_name`` made ``text`` of."""
    return "" if text == _EMPTY_KEY else unquote(text)


# A key must not be mistaken for a page of the table, nor vanish or climb as a path's segment.
_RESERVED_KEYS = frozenset({"new", "choices", "views", ".", ".."})
_EMPTY_KEY = "%"


def encode_key(table: Table, values: Iterable[Any]) -> str:
    """Return a key as text: its values joined by commas, each percent-encoded.

    Where the database may hold what isn't of the column's kind, a value of which the text would
    be taken for another one stands there as JSON, behind an exclamation mark.
    """
    text = ",".join(map(_key_part, table.key, values))
    if text in _RESERVED_KEYS:
        return f"%{ord(text[0]):02X}{text[1:]}"
    return text or _EMPTY_KEY


_MARK = "!"
"""Percent-encoded there is none in a value."""


def _key_part(column: Column, value: Any) -> str:
    text = _key_text(value)
    if column.typing == "strict" or _comes_back(column, value, text):
        return quote(text, safe="")
    exact = {"bytes": text} if isinstance(value, bytes) else value
    return _MARK + quote(json.dumps(exact), safe="")


def _comes_back(column: Column, value: Any, text: str) -> bool:
    """Tell whether ``value`` is read of its text. SQLite's own types are those asked about."""
    if not isinstance(value, int | float | str | bytes):
        return True
    try:
        read = parse_key_part(column, text)
    except ValueError:
        return False
    if not (_is_number(value) and _is_number(read)):
        return type(value) is type(read) and bool(value == read)
    if not isinstance(value, float):
        return bool(value == read)
    # Of a large float the text has digits that SQLite takes for those of a whole number.
    exact = not value.is_integer() or abs(value) < 2**53
    return exact and value == float(read)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _key_text(value: Any) -> str:
    value = to_json(value)
    return value if isinstance(value, str) else json.dumps(value)


def decode_key(table: Table, text: str) -> tuple[Any, ...]:
    """Return the primary-key values that ``text`` names; raise ValueError for a malformed key."""
    parts = ("" if text == _EMPTY_KEY else text).split(",")
    if len(parts) != len(table.key):
        raise ValueError(f"A key of {table.name} has {len(table.key)} parts.")
    return tuple(
        _read_mark(column, unquote(part[1:], errors="strict"))
        if part.startswith(_MARK)
        else parse_key_part(column, unquote(part, errors="strict"))
        for column, part in zip(table.key, parts, strict=True)
    )


def _read_mark(column: Column, text: str) -> Any:
    match json.loads(text) if column.typing != "strict" else None:
        case {"bytes": str(data)}:
            return base64.b64decode(data, validate=True)
        case str() | int() | float() as value:
            return value
    raise ValueError(f"{shorten(text)} is not a value of {column.name}.")


def parse_key_part(column: Column, text: str) -> Any:
    if column.kind in ("bytes", "choice"):
        return from_json(column, text)
    return read(column, text)


def from_json(column: Column, value: Any) -> Any:
    """Return the value that ``to_json`` made ``value`` of; raise ValueError for anything else."""
    match value:
        case None:
            return None
        case bool() | int() | float():
            loose = column.typing != "strict" and column.kind != "interval"
            return value if loose else _from_number(column, value)
        case str() if enum_members(column):
            return _member_named(column, value)
        case str() if column.kind == "choice":
            return value  # What is stored needn't be among the choices of today.
        case str() if column.kind == "bytes":
            return base64.b64decode(value, validate=True)
        case str():
            return read(column, value)
        case _:
            raise ValueError(f"{value!r} is not a value of {column.name}.")

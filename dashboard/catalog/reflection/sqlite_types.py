"""SQLite's types, which are advice: any column may hold a value of any other type.

So what isn't of its column's type is given and taken as it is. Dates and times are texts, in
whatever form the programs that write them have chosen; they are left as they are written, for
that is how SQLite compares them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_SIZE = re.compile(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")

Convert = Callable[[Any], Any]


class AsStored(TypeDecorator[Any]):
    """A type of which values pass through unless ``_read`` and ``_write`` know better."""

    impl: Any = sa.Text
    cache_ok = True

    def __init__(self, like: TypeEngine[Any] | None = None) -> None:
        super().__init__()
        if like is not None:
            self.like = like
            self.impl = like

    def bind_processor(self, dialect: Dialect) -> Convert | None:
        return self._write

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert | None:
        return self._read

    def _read(self, value: Any) -> Any:
        return value

    def _write(self, value: Any) -> Any:
        match value:
            case datetime():
                return value.replace(tzinfo=None).isoformat(" ")
            case date() | time():
                return value.isoformat()
            case Decimal():
                # Beyond that a double isn't the whole number that it's written as.
                whole = value == value.to_integral_value() and abs(value) <= 2**53
                return int(value) if whole else float(value)
            case _:
                return value


class StoredText(sa.String):
    """Texts, and what else is among them: it's compared with anything as it is."""

    cache_ok = True

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self


class StoredNumber(AsStored):
    """A number, with the digits after the point that its column declares, where those are all."""

    cache_ok = True

    def _write(self, value: Any) -> Any:
        # The column keeps a whole number as one, however many digits it has.
        if isinstance(value, Decimal) and value == value.to_integral_value():
            return int(value) if -(2**63) <= value < 2**63 else float(value)
        return super()._write(value)

    def _read(self, value: Any) -> Any:
        scale = getattr(self.impl_instance, "scale", None)
        if scale is None or not isinstance(value, int | float):
            return value
        number = Decimal(f"{value:.{scale}f}") if abs(value) < 1e15 else value
        return number if float(number) == value else value


class StoredBoolean(AsStored):
    cache_ok = True

    def _read(self, value: Any) -> Any:
        return bool(value) if type(value) is int and value in (0, 1) else value

    def _write(self, value: Any) -> Any:
        return int(value) if isinstance(value, bool) else super()._write(value)


class StoredJson(AsStored):
    cache_ok = True

    def _read(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value

    def _write(self, value: Any) -> Any:
        if value is None or isinstance(value, bytes):
            return value
        return json.dumps(None if value is sa.JSON.NULL else value, ensure_ascii=False)


_MADE: tuple[tuple[str, Callable[[int | None, int | None], TypeEngine[Any]]], ...] = (
    ("BOOL", lambda size, scale: StoredBoolean(sa.Boolean())),
    ("JSON", lambda size, scale: StoredJson(sa.JSON())),
    ("DATETIME", lambda size, scale: AsStored(sa.DateTime())),
    ("TIMESTAMP", lambda size, scale: AsStored(sa.DateTime())),
    ("DATE", lambda size, scale: AsStored(sa.Date())),
    ("TIME", lambda size, scale: AsStored(sa.Time())),
    ("POINT", lambda size, scale: AsStored(sa.types.NullType())),
    ("INT", lambda size, scale: AsStored(sa.BigInteger())),
    ("CHAR", lambda size, scale: StoredText(size)),
    ("CLOB", lambda size, scale: StoredText(size)),
    ("TEXT", lambda size, scale: StoredText(size)),
    ("BLOB", lambda size, scale: AsStored(sa.LargeBinary())),
    ("BINARY", lambda size, scale: AsStored(sa.LargeBinary())),
    ("REAL", lambda size, scale: AsStored(sa.Float())),
    ("FLOA", lambda size, scale: AsStored(sa.Float())),
    ("DOUB", lambda size, scale: AsStored(sa.Float())),
    ("NUM", lambda size, scale: StoredNumber(sa.Numeric(size, scale))),
    ("DEC", lambda size, scale: StoredNumber(sa.Numeric(size, scale))),
    ("MONEY", lambda size, scale: StoredNumber(sa.Numeric(size, scale))),
)
"""What a declared type has in it, and the type that it's taken for; the first that fits."""


def type_of(declared: str) -> TypeEngine[Any]:
    """Return the type of a column that was declared like this, in any words that SQLite takes."""
    words = declared.upper()
    if not words.strip():
        return AsStored(sa.types.NullType())
    found = _SIZE.search(words)
    size = None if found is None else int(found[1])
    scale = None if found is None or found[2] is None else int(found[2])
    bare = _SIZE.sub("", words)
    make = next((make for part, make in _MADE if part in bare), None)
    return StoredText(size) if make is None else make(size, scale)


def named_by(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type of a column that names a row: its values are compared, so JSON is a text."""
    return StoredText() if isinstance(type_, StoredJson) else type_


def info_of(type_: TypeEngine[Any], *, exact: bool = False) -> dict[str, Any]:
    """Return how strict a column of this type is: see ``catalog.Column.typing``.

    ``exact`` tells that SQLite converts nothing in it.
    """
    like = getattr(type_, "like", type_)
    moment = isinstance(like, sa.DateTime | sa.Date | sa.Time)
    return {"typing": "raw" if moment else "exact" if exact else "loose"}

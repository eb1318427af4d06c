"""PostgreSQL's types: those that Python has too, and texts for all others."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

_SIZE = re.compile(r"\((\d+)(?:,(-?\d+))?\)")


class Named(UserDefinedType[Any]):
    """A type by the name that the database has for it."""

    cache_ok = True

    def __init__(self, spec: str) -> None:
        self.spec = spec

    def get_col_spec(self, **kw: Any) -> str:
        return self.spec


class Cast(TypeDecorator[Any]):
    """Texts that are told to be of the database's own type ``spec`` when they're sent."""

    impl: Any = sa.Text
    cache_ok = True

    def __init__(self, like: TypeEngine[Any], spec: str) -> None:
        super().__init__()
        self.impl = self.like = like
        self.spec = spec

    def bind_expression(self, bindvalue: sa.BindParameter[Any]) -> sa.ColumnElement[Any]:
        return sa.cast(bindvalue, Named(self.spec))


class EnumDomain(Cast):
    """A domain ``spec`` of the enum ``base``. Only the enum's values can be compared."""

    cache_ok = True

    def __init__(self, spec: str, base: str) -> None:
        super().__init__(sa.String(), spec)
        self.base = base

    class Comparator(sa.String.Comparator[Any]):
        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            return op(_as_enum(self.expr), *map(_as_enum, other), **kwargs)

    comparator_factory = Comparator


def _as_enum(operand: Any) -> Any:
    type_ = getattr(operand, "type", None)
    if not isinstance(type_, EnumDomain):
        return operand
    enum = sa.cast(operand, Named(type_.base))
    return sa.type_coerce(enum, Cast(sa.String(), type_.base))


class AsText(Cast):
    """A type that Python doesn't know: read as the text that the database writes for it."""

    cache_ok = True

    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.cast(column, sa.Text)


class Folded(Cast):
    """Texts in an order by which different ones are the same, in which PostgreSQL has no LIKE."""

    cache_ok = True
    like_collation = "default"


_KNOWN: dict[str, Callable[[int | None, int | None], TypeEngine[Any]]] = {
    "bool": lambda size, scale: sa.Boolean(),
    "bytea": lambda size, scale: sa.LargeBinary(),
    "date": lambda size, scale: sa.Date(),
    "float4": lambda size, scale: sa.REAL(),
    "float8": lambda size, scale: sa.Double(),
    "int2": lambda size, scale: sa.SmallInteger(),
    "int4": lambda size, scale: sa.Integer(),
    "int8": lambda size, scale: sa.BigInteger(),
    "interval": lambda size, scale: INTERVAL(),
    "json": lambda size, scale: sa.JSON(none_as_null=True),
    "jsonb": lambda size, scale: JSONB(none_as_null=True),
    "numeric": lambda size, scale: sa.Numeric(size, scale if size is None else scale or 0),
    "text": lambda size, scale: sa.String(),
    "time": lambda size, scale: sa.Time(),
    "timetz": lambda size, scale: sa.Time(timezone=True),
    "timestamp": lambda size, scale: sa.DateTime(),
    "timestamptz": lambda size, scale: sa.DateTime(timezone=True),
    "uuid": lambda size, scale: sa.Uuid(),
    "varchar": lambda size, scale: sa.String(size),
}

LOOSE = {"date", "timestamp", "timestamptz", "time", "timetz", "interval", "float4", "float8",
         "numeric"}  # fmt: skip
"""Types with values that Python has none for, such as infinity: those are texts."""


def type_of(name: str, spec: str, *, in_key: bool, folded: bool = False) -> TypeEngine[Any]:
    """Return the type called ``name`` in pg_type; ``spec`` is how it's written in SQL.

    What is in a key must be hashable, which JSON isn't. ``folded`` columns have a collation that
    isn't deterministic.
    """
    found = _SIZE.search(spec)
    size = None if found is None else int(found[1])
    scale = None if found is None or found[2] is None else int(found[2])
    if folded and name in ("text", "varchar", "bpchar"):
        return Folded(sa.String(size), spec)
    if name == "bpchar":
        # To compare it with a text would leave out the blanks at its end.
        return Cast(sa.CHAR(size), spec)
    if name == "citext":
        return Cast(sa.String(), spec)
    if in_key and name in ("json", "jsonb"):
        return AsText(sa.types.NullType(), spec)
    make = _KNOWN.get(name)
    if make is None:
        return AsText(sa.types.NullType(), spec)
    # A text among dates, such as infinity, would be compared as a text.
    return Cast(make(size, scale), spec) if name in LOOSE else make(size, scale)

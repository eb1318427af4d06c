"""The kind of a column: a handful of words for SQLAlchemy's many types."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL

# The order matters: a type is of the first kind that it is an instance of.
_KINDS: tuple[tuple[type[Any], str], ...] = (
    (sa.Enum, "choice"),
    (sa.Boolean, "boolean"),
    (sa.Integer, "integer"),
    (sa.Numeric, "number"),
    (sa.Float, "number"),
    (sa.DateTime, "datetime"),
    (sa.Date, "date"),
    (sa.Time, "time"),
    (sa.Interval, "interval"),
    (INTERVAL, "interval"),
    (sa.Uuid, "uuid"),
    (sa.JSON, "json"),
    (sa.LargeBinary, "bytes"),
    (sa.Text, "longtext"),
    (sa.String, "text"),
)


def kind_of(column: sa.Column[Any]) -> str:
    """Return the kind of ``column``; ``other`` for a type that the program can only show."""
    type_ = column.type
    if isinstance(type_, sa.Interval):  # It is a TypeDecorator, over a datetime where it must be.
        return "interval"
    if isinstance(type_, sa.types.TypeDecorator):
        type_ = type_.impl_instance
    kind = next((kind for base, kind in _KINDS if isinstance(type_, base)), "other")
    if kind in ("text", "longtext") and column.info.get("choices"):
        return "choice"
    if kind == "text" and column.info.get("longtext"):
        return "longtext"
    return kind

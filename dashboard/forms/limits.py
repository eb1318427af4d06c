"""What a column can hold on the database at hand, asked before anything is written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from dashboard.catalog import Column

SQLITE_DIGITS = 15
"""SQLite keeps decimals as doubles, which are exact to this many digits."""


def check(column: Column, value: Any, dialect: str) -> None:
    """Raise ValueError with a sentence where ``value`` would be refused or changed by storing."""
    if isinstance(value, int) and not isinstance(value, bool):
        _check_integer(column, value, dialect)
    elif isinstance(value, Decimal):
        _check_decimal(column, value, dialect)


def bits_of(column: Column, dialect: str) -> int:
    """Return how many bits an integer column has. SQLite's have 64, whatever their type says."""
    if dialect == "sqlite" or isinstance(column.sql.type, sa.BigInteger):
        return 64
    return 16 if isinstance(column.sql.type, sa.SmallInteger) else 32


def _check_integer(column: Column, value: int, dialect: str) -> None:
    highest = 2 ** (bits_of(column, dialect) - 1) - 1
    if not -highest - 1 <= value <= highest:
        raise ValueError(f"The number must be between {-highest - 1:,} and {highest:,}.")


def _check_decimal(column: Column, value: Decimal, dialect: str) -> None:
    precision = getattr(column.sql.type, "precision", None)
    scale = getattr(column.sql.type, "scale", None)
    digits, decimals = _digits(value)
    if scale is not None and decimals > scale:
        raise ValueError(f"At most {scale} digits fit after the point; this has {decimals}.")
    before = max(0, value.adjusted() + 1) if value else 0
    if precision is not None and before > precision - (scale or 0):
        raise ValueError(f"At most {precision - (scale or 0)} digits fit before the point.")
    # A type of the application's own may have its way to keep them exact.
    if dialect == "sqlite" and digits > SQLITE_DIGITS and isinstance(column.sql.type, sa.Numeric):
        raise ValueError(f"This database keeps {SQLITE_DIGITS} digits; this has {digits}.")


def _digits(value: Decimal) -> tuple[int, int]:
    """Return how many digits count, and how many stand after the point; without end zeros.

    Decimal.normalize() would round to 28 digits first.
    """
    _, digits, exponent = value.as_tuple()
    written = "".join(map(str, digits)).rstrip("0")
    ends = len(digits) - len(written)
    return len(written.lstrip("0")), max(0, -(int(exponent) + ends)) if written else 0

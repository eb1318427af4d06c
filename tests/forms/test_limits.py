from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.catalog import Catalog
from dashboard.forms.limits import check
from tests.forms.models import Sample

CATALOG = Catalog()
CATALOG.add(Sample)


def fits(name, value, dialect="postgresql"):
    try:
        check(CATALOG["sample"].column(name), value, dialect)
    except ValueError as error:
        assert str(error).endswith(".")
        return False
    return True


@pytest.mark.parametrize(
    ("name", "dialect", "bits"),
    [
        ("integer", "postgresql", 32),
        ("small", "postgresql", 16),
        ("integer", "sqlite", 64),
        ("small", "sqlite", 64),
    ],
)
def test_integers(name, dialect, bits):
    highest = 2 ** (bits - 1)
    assert [
        fits(name, value, dialect) for value in (highest - 1, highest, -highest, -highest - 1)
    ] == [True, False, True, False]


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_a_decimal_fits_if_it_is_the_same_in_the_columns_digits(value):
    # Numeric(12, 4): eight digits before the point, four after it.
    same = abs(value) < 10**8 and round(value, 4) == value
    assert fits("number", value) == same


def test_more_digits_than_a_context_has():
    assert not fits("number", Decimal("1." + "0" * 40 + "1"))
    assert fits("number", Decimal("1." + "0" * 40))


def test_sqlite_keeps_fifteen_digits():
    column = replace(CATALOG["sample"].column("number"), sql=sa.Column("x", sa.Numeric(30, 10)))
    check(column, Decimal("12345.1234567890"), "sqlite")
    check(column, Decimal("1234567890.1234567890"), "postgresql")
    with pytest.raises(ValueError, match="15 digits"):
        check(column, Decimal("1234567890.1234567890"), "sqlite")


@pytest.mark.parametrize("value", [None, True, "text", 1.5])
def test_what_has_no_limits(value):
    assert fits("integer", value)

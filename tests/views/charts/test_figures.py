"""Figures are short, and never say more or less than they are."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.views.charts.figures import as_number, short, whole, with_unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0, "0"),
        (7, "7"),
        (1204, "1,204"),
        (12.44, "12.4"),
        (12.0, "12"),
        (0.5, "0.5"),
        (0.00312, "0.0031"),
        (99.96, "100"),
        (-17.2, "−17.2"),
        (-0.00000001, "0"),
        (123456, "123,456"),
        (999_999, "1M"),
        (3_240_000, "3.2M"),
        (999_999_999, "1G"),
        (5.5e13, "55T"),
        (1e300, "1.0e300"),
        (-2.5e6, "−2.5M"),
    ],
)
def test_short(value, text):
    assert short(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_short_is_short(value):
    assert len(short(value)) <= 10


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (True, "Yes"),
        (1234567, "1,234,567"),
        (Decimal("120.50"), "120.50"),
        (-3.25, "−3.25"),
        (Decimal("1E+40"), "1E+40"),
        (timedelta(minutes=5), "0:05:00"),
        ("2013-07-22", "2013-07-22"),
    ],
)
def test_whole(value, text):
    assert whole(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, None),
        (True, 1),
        (Decimal("2.5"), 2.5),
        (timedelta(seconds=90), 90),
        (float("nan"), None),
        (10**400, 1e300),
    ],
    ids=["null", "yes", "decimal", "seconds", "nan", "huge"],
)
def test_as_number(value, number):
    assert as_number(value) == number


def test_a_text_is_no_number():
    with pytest.raises(TypeError, match="'abc' is not a number"):
        as_number("abc")


def test_units():
    assert with_unit("45", "min") == "45 min"
    assert with_unit("45", "%") == "45%"
    assert with_unit("—", "min") == "—"
    assert with_unit("45", None) == "45"

"""Scales hold every value between round ticks, whatever the values are."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.views.charts.scale import nice_scale, percent

anything = st.floats(min_value=-1e300, max_value=1e300)
usual = st.floats(min_value=-1e12, max_value=1e12).filter(lambda each: abs(each) > 1e-9)


@pytest.mark.parametrize(
    ("values", "whole", "ticks"),
    [
        ([], False, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ([0], True, (0, 1)),
        ([3], True, (0, 1, 2, 3)),
        ([7], False, (0, 2, 4, 6, 8)),
        ([100], True, (0, 20, 40, 60, 80, 100)),
        ([-20, 61], False, (-20, 0, 20, 40, 60, 80)),
        ([-5], False, (-5, -4, -3, -2, -1, 0)),
        ([0.3], False, (0, 0.1, 0.2, 0.3)),
        ([12], False, (0, 2.5, 5, 7.5, 10, 12.5)),
        ([12], True, (0, 3, 6, 9, 12)),
        ([4.7e9], False, (0, 1e9, 2e9, 3e9, 4e9, 5e9)),
    ],
)
def test_ticks(values, whole, ticks):
    assert nice_scale(values, whole=whole).ticks == ticks


@given(st.lists(anything, max_size=20), st.booleans())
def test_every_value_stands_within_the_scale(values, whole):
    scale = nice_scale(values, whole=whole)
    assert 2 <= len(scale.ticks) <= 9
    assert list(scale.ticks) == sorted(set(scale.ticks))
    assert scale.low <= 0 <= scale.high
    for value in values:
        slack = 1e-9 * (scale.high - scale.low)
        assert scale.low - slack <= value <= scale.high + slack


@given(st.lists(usual, min_size=1, max_size=20))
def test_ticks_are_at_equal_distances(values):
    ticks = nice_scale(values).ticks
    steps = [after - before for before, after in itertools.pairwise(ticks)]
    assert max(steps) == pytest.approx(min(steps), rel=1e-6)


@given(st.lists(usual, min_size=2, max_size=10, unique=True))
def test_the_order_of_values_is_that_of_their_places(values):
    scale = nice_scale(values)
    places = [scale.share(each) for each in sorted(values)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0%"), (-0.0, "0%"), (50, "50%"), (33.33333, "33.333%"), (100.0, "100%"), (1e-9, "0%")],
)
def test_shares_are_written_alike(value, text):
    assert percent(value) == text

"""Marks stand where their figures say, and within the plot, whatever the figures are."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.views.charts import buckets
from dashboard.views.charts.bars import bars
from dashboard.views.charts.donut import donut
from dashboard.views.charts.plot import columns, lines
from dashboard.views.charts.series import Data, Series, Slot
from dashboard.views.charts.spark import spark

figure = st.one_of(
    st.none(), st.floats(min_value=-1e300, max_value=1e300), st.integers(-1000, 1000)
)


def data(*series, unit=None):
    slots = tuple(Slot(f"Slot {at}", f"{at}") for at in range(len(series[0])))
    named = [Series(f"S{n}", tuple(figures), n) for n, figures in enumerate(series, 1)]
    return Data(slots, tuple(named), unit)


@st.composite
def datas(draw):
    count = draw(st.integers(1, 12))
    row = st.lists(figure, min_size=count, max_size=count)
    return data(*draw(st.lists(row, min_size=1, max_size=4)))


def number(text):
    return float(text.removesuffix("%"))


def test_a_line_is_broken_where_nothing_is_known():
    plot = lines(data([0, 10, None, 5, None, 10, 10]))
    assert [each.d for each in plot.paths] == ["M7.143 100L21.429 0M78.571 0L92.857 0"]
    assert [point.x for point in plot.points] == ["50%"]
    assert [tick.label for tick in plot.ticks] == ["10", "8", "6", "4", "2", "0"]


def test_one_point_is_a_dot():
    plot = lines(data([4]))
    assert plot.paths == ()
    assert [point.x for point in plot.points] == ["50%"]


def test_bars_stand_on_zero():
    plot = columns(data([10, -10]), stacked=False)
    assert plot.zero == "50%"
    up, down = plot.bars
    assert (up.y, up.height) == ("0%", "50%")
    assert (down.y, down.height) == ("50%", "50%")


def test_stacks_grow_away_from_zero_both_ways():
    plot = columns(data([6, 1], [4, -2]), stacked=True)
    first = [each for each in plot.bars if each.x == plot.bars[0].x]
    assert sum(number(each.height) for each in first) == pytest.approx(100 * 10 / 15, abs=0.01)


def test_what_a_slot_says():
    plot = lines(data([1, 2], [3, None], unit="min"))
    assert [note.lines for note in plot.notes] == [
        ("S1: 1 min", "S2: 3 min"),
        ("S1: 2 min", "S2: —"),
    ]
    assert lines(data([1])).notes[0].lines == ("1",)


@given(datas(), st.booleans())
def test_every_mark_is_within_the_plot(chart, stacked):
    plot = columns(chart, stacked)
    for bar in plot.bars:
        assert 0 <= number(bar.x) <= 100
        assert number(bar.x) + number(bar.width) <= 100.01
        assert number(bar.y) >= 0
        assert number(bar.y) + number(bar.height) <= 100.01
    for row in bars(chart, stacked).rows:
        for mark in row.marks:
            assert number(mark.x) + number(mark.width) <= 100.01
    for point in lines(chart).points:
        assert 0 <= number(point.y) <= 100


@given(datas())
def test_a_donut_is_whole(chart):
    ring = donut(chart)
    lengths = [float(arc.dash.split()[0]) for arc in ring.arcs]
    assert all(length >= 0 for length in lengths)
    assert sum(lengths) <= 100.01
    positive = [each for each in chart.series[0].figures if each is not None and each > 0]
    assert len(ring.arcs) == len(positive)


def test_shares_of_a_donut():
    ring = donut(data([30, 60, None, 10, 0, -4], unit="min"))
    assert [(arc.label, arc.share, arc.tone) for arc in ring.arcs] == [
        ("Slot 0", "30%", 1),
        ("Slot 1", "60%", 2),
        ("Slot 3", "10%", 4),
    ]
    assert ring.total == "100 min"


@pytest.mark.parametrize(
    ("count", "wide", "narrow"), [(1, 1, 1), (12, 12, 4), (24, 12, 4), (400, 12, 4)]
)
def test_there_are_so_many_labels_as_there_is_room_for(count, wide, narrow):
    labels = lines(data([1] * count)).labels
    assert len(labels) == wide
    assert sum(each.narrow for each in labels) == narrow
    assert labels[0].narrow


def test_sparklines():
    assert spark([None, 3]) is None
    line = spark([None, 0, 10, None])
    assert line is not None
    assert line.d == "M0 92L100 8"
    assert (line.x, line.y) == ("100%", "8%")
    flat = spark([5, 5])
    assert flat is not None
    assert flat.y == "50%"


@pytest.mark.parametrize(
    ("first", "bucket", "next_"),
    [
        ("2013-07-22T23:59", "minute", "2013-07-23T00:00"),
        ("2013-07-22T23:00", "hour", "2013-07-23T00:00"),
        ("2013-12-31", "day", "2014-01-01"),
        ("2013-07-22", "week", "2013-07-29"),
        ("2013-12-01", "month", "2014-01-01"),
        ("2013-01-01", "year", "2014-01-01"),
    ],
)
def test_the_bucket_after(first, bucket, next_):
    assert buckets.after(buckets.parse_begin(first), bucket) == buckets.parse_begin(next_)


@given(st.lists(st.datetimes(min_value=datetime(1900, 1, 1)), min_size=1, max_size=5))
def test_a_course_of_time_has_no_gaps_and_an_end(begins):
    begins = [each.replace(minute=0, second=0, microsecond=0) for each in begins]
    found = buckets.between(begins, "hour")
    assert found[-1] == max(begins)
    assert len(found) <= buckets.MOST
    assert all(buckets.after(one, "hour") == two for one, two in itertools.pairwise(found))


def test_labels_of_a_day_and_of_several():
    one = [buckets.parse_begin(f"2013-07-22T{hour}:00") for hour in ("00", "09")]
    assert [each.short for each in buckets.slots(one, "hour")] == ["00:00", "09:00"]
    two = [*one, buckets.parse_begin("2013-07-23T00:00")]
    assert [each.short for each in buckets.slots(two, "hour")] == ["22 Jul", "09:00", "23 Jul"]
    assert buckets.slots(one, "week")[0].label == "Week of 2013-07-22"

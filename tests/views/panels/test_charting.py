"""Groups become slots and series: in order, without gaps in time, and never too many."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.path import DottedNameResolver

from dashboard.catalog import VisibleCatalog, catalog_of
from dashboard.queries import GroupRow, Groups
from dashboard.queries.grammar import parse_query
from dashboard.views.panels.charting import data_of
from dashboard.views.panels.spec import PanelSpec
from dashboard.views.panels.tiles import tone_of


def answer(text: str, *rows: tuple[Any, ...], more: bool = False) -> Any:
    """Return a query's answer; each row has the key's parts, and then the figures."""
    catalog = catalog_of(("tests.support.shop",), DottedNameResolver().maybe_resolve)
    pairs = [tuple(pair.split("=")) for pair in text.split("&")]
    visible = VisibleCatalog(catalog, lambda table: True)
    query = parse_query(catalog["shop_order"], pairs, 1000, visible)
    parts = len(query.groups)
    found = tuple(
        GroupRow(row[:parts], tuple(str(each or "") for each in row[:parts]), row[parts:])
        for row in rows
    )
    return query, Groups(found, more)


def test_categories_keep_their_order() -> None:
    data = data_of([answer("_by=state", ("b", 2), (None, 1), ("a", 3))], "bar")
    assert [slot.label for slot in data.slots] == ["b", "(empty)", "a"]
    assert [each.figures for each in data.series] == [(2, 1, 3)]
    assert not data.timed


def test_hundreds_of_categories_become_others() -> None:
    rows = [(f"c{n}", 1) for n in range(300)]
    data = data_of([answer("_by=note", *rows)], "bar")
    assert len(data.slots) == 20
    assert data.slots[-1].label == "Others (281)"
    assert data.series[0].figures[-1] == 281
    ring = data_of([answer("_by=note", *rows)], "donut")
    assert len(ring.slots) == 8


def test_averages_can_not_be_added_up() -> None:
    rows = [(f"c{n}", 1.5) for n in range(30)]
    data = data_of([answer("_agg=avg:total&_by=note", *rows)], "bar")
    assert len(data.slots) == 20
    assert data.left_out == "10 more are not drawn."


def test_time_has_no_gaps() -> None:
    rows = [("2026-01-01T09:00", 4, None), ("2026-01-01T12:00", 1, 7)]
    data = data_of([answer("_agg=count&_agg=avg:total&_by=placed:hour", *rows)], "line")
    assert [slot.short for slot in data.slots] == ["09:00", "10:00", "11:00", "12:00"]
    assert [each.figures for each in data.series] == [(4, 0, 0, 1), (None, None, None, 7)]


def test_a_second_query_ends_where_it_ends() -> None:
    """What hasn't happened yet is nothing, not zero."""
    planned = answer("_by=placed:hour", ("2026-01-01T09:00", 4), ("2026-01-01T12:00", 1))
    flown = answer("_by=placed:hour", ("2026-01-01T08:00", 2), ("2026-01-01T10:00", 3))
    data = data_of([planned, flown], "line", ["Planned", "Flown"])
    assert [(each.name, each.figures) for each in data.series] == [
        ("Planned", (None, 4, 0, 0, 1)),
        ("Flown", (2, 0, 3, None, None)),
    ]


def test_a_second_group_makes_the_series() -> None:
    rows = [("2026-01-01", "paid", 1), ("2026-01-01", "new", 2), ("2026-01-02", "new", 3)]
    data = data_of([answer("_by=due:day&_by=state", *rows)], "stacked")
    assert [(each.name, each.figures) for each in data.series] == [
        ("new", (2, 3)),
        ("paid", (1, 0)),
    ]


def test_there_are_eight_series_at_most() -> None:
    rows = [("a", f"s{n}", n) for n in range(20)]
    data = data_of([answer("_by=state&_by=note", *rows)], "stacked")
    assert len(data.series) == 8
    assert data.series[-1].name == "Others"
    assert sum(each.figures[0] or 0 for each in data.series) == sum(range(20))


def test_nothing_at_all() -> None:
    assert data_of([answer("_by=placed:hour")], "line").empty
    some = answer("_by=placed:hour", ("2026-01-01T09:00", 4))
    assert data_of([some, answer("_by=placed:hour")], "line").series[1].figures == (None,)
    assert data_of([answer("_by=placed:hour", (None, 3))], "line").empty
    assert data_of([answer("_agg=avg:total&_by=state", ("a", None))], "bar").empty


def test_a_date_is_no_figure() -> None:
    with pytest.raises(TypeError, match="is not a number"):
        data_of([answer("_agg=max:due&_by=state", ("a", "2026-01-01"))], "bar")


@pytest.mark.parametrize(
    ("figure", "bad", "tone"),
    [
        (None, "high", None),
        (10, "high", "good"),
        (20, "high", "warning"),
        (50, "high", "critical"),
        (60, "low", "good"),
        (50, "low", "critical"),
        (15, "low", "critical"),
    ],
)
def test_thresholds(figure: float | None, bad: str, tone: str | None) -> None:
    spec = PanelSpec(1, "P", "tile", "t", "", warning=20, critical=50, bad=bad)
    assert tone_of(figure, spec) == tone


def test_without_a_threshold_there_is_no_tone() -> None:
    assert tone_of(5, PanelSpec(1, "P", "tile", "t", "")) is None

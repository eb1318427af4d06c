"""What a panel may ask, and what is said of what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.path import DottedNameResolver

from dashboard.catalog import Invalid, VisibleCatalog, catalog_of
from dashboard.queries.grammar import pairs_of
from dashboard.views.panels import PanelSpec
from dashboard.views.panels.questions import questions


@pytest.fixture(scope="module")
def catalog() -> VisibleCatalog:
    shop = catalog_of(("tests.support.shop",), DottedNameResolver().maybe_resolve)
    return VisibleCatalog(shop, lambda table: table.view_role == "watcher")


def spec(kind: str, query: str, **values: Any) -> PanelSpec:
    return PanelSpec(1, "P", kind, **{"table_name": "shop_order", "query": query, **values})


GOOD = [
    spec("table", ""),
    spec("table", "_by=state"),
    spec("table", "/tables/shop_order?state=paid&_sort=id"),
    spec("tile", "_agg=count"),
    spec("tile", "_agg=avg:total&_by=placed:hour"),
    spec("tile", "state=paid&_agg=count", second_query="_agg=count", trend="placed:day"),
    spec("chart", "_by=state", chart="donut"),
    spec("chart", "_by=placed:day", chart="line", second_query="_by=due:day"),
    spec("chart", "_agg=sum:total&_by=placed:week&_by=customer_id.name", chart="stacked"),
]
WRONG = {
    "no table": (spec("table", "", table_name="orders"), "table_name", "There are tag, customer"),
    "hidden": (spec("table", "", table_name="people"), "table_name", "no table 'people'"),
    "column": (spec("table", "colour=red"), "query", "It has id, customer_id"),
    "operator": (spec("table", "total__like=1"), "query", "Allowed are exact"),
    "sort": (spec("chart", "_by=state&_sort=total", chart="bar"), "query", "state, count"),
    "next": (spec("table", "_next=WzFd"), "query", "the first page only"),
    "second": (spec("table", "", second_query="id=1"), "second_query", "leave this empty"),
    "no figure": (spec("tile", "state=paid"), "query", "add _agg=count"),
    "two figures": (spec("tile", "_agg=count&_agg=sum:total"), "query", "one _agg"),
    "no time": (spec("tile", "_by=state"), "query", "state:hour"),
    "whole": (spec("tile", "_agg=count", second_query="_by=state"), "second_query", "only _agg="),
    "trend": (spec("tile", "_agg=count", trend="state:hour"), "trend", "not a date or time"),
    "no step": (spec("tile", "_agg=count", trend="placed"), "trend", "a time and its step"),
    "no groups": (spec("chart", "_agg=count", chart="bar"), "query", "add _by="),
    "no form": (spec("chart", "_by=state"), "chart", "Choose how"),
    "two of two": (
        spec("chart", "_by=state&_by=due:day&_agg=count&_agg=sum:total", chart="bar"),
        "query",
        "give one _agg",
    ),
    "other steps": (
        spec("chart", "_by=placed:day", chart="line", second_query="_by=placed:week"),
        "second_query",
        "of the same steps",
    ),
    "long": (spec("table", f"_search={'x' * 3000}"), "query", "longer than 2000"),
    "nul": (spec("table", "_search=%00"), "query", "NUL"),
}


@pytest.mark.parametrize("asked", GOOD, ids=lambda each: f"{each.kind} {each.query}")
def test_what_may_be_asked(asked: PanelSpec, catalog: VisibleCatalog) -> None:
    assert questions(asked, catalog).query.table.name == "shop_order"


@pytest.mark.parametrize(("asked", "column", "text"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told_at_its_column(
    asked: PanelSpec, column: str, text: str, catalog: VisibleCatalog
) -> None:
    with pytest.raises(Invalid) as raised:
        questions(asked, catalog)
    ((where, (told,)),) = raised.value.errors.items()
    assert where == column
    assert text in told


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        (" ?a=1&b=", [("a", "1"), ("b", "")]),
        ("https://host/tables/x?a=1", [("a", "1")]),
        ("/tables/x", []),
        ("a=what?&b=/c", [("a", "what?"), ("b", "/c")]),
    ],
)
def test_an_address_may_be_pasted(text: str, pairs: list[tuple[str, str]]) -> None:
    assert pairs_of(text) == pairs

"""A page of groups: live like any other, and each group leads to the rows that it is of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from dashboard.catalog import Catalog
from dashboard.queries.grammar import parse_query
from dashboard.views.groups_view import figure_text
from tests.support.databases import sqlite_only
from tests.support.page import fetch, get
from tests.support.server import Server
from tests.support.shop import Customer, Order, State
from tests.support.sse import EventStream

WEDNESDAY = date(2024, 1, 3)


@pytest.fixture
def orders(server: Server) -> Server:
    with server.sessions.begin() as session:
        session.add_all(Customer(id=number, name=name) for number, name in ((1, "Ann"), (2, "Bo")))
        session.flush()
        session.add_all(
            [
                Order(customer_id=1, state=State.new, total=Decimal("1.25"), note="a&b", due=None),
                Order(customer_id=1, state=State.paid, total=Decimal("2"), note="", due=WEDNESDAY),
                Order(customer_id=2, state=State.paid, total=None, note=None, due=WEDNESDAY),
            ]
        )
    return server


def texts(page: Any) -> list[list[str]]:
    return [list(row.values()) for row in page.view.texts()]


def test_groups_and_their_figures(orders: Server) -> None:
    text = "_by=customer_id&_agg=count&_agg=avg:total&_agg=max:due"
    page = fetch(f"{orders.url}/tables/shop_order?{text}")
    assert texts(page) == [["Ann", "2", "1.62", "2024-01-03"], ["Bo", "1", "—", "2024-01-03"]]
    titles = [node.attributes.get("title") for node in page.root if node.tag == "td"]
    assert "1.625" in titles
    headings = [node.text for node in page.root if node.tag == "th"]
    assert headings == ["Customer", "Number", "Average of Total", "Most of Due"]
    assert page.view.targets["total"] == ["2"]


@pytest.mark.parametrize(
    "text",
    [
        "_by=customer_id",
        "_by=state",
        "_by=note",
        "_by=total",
        "_by=due",
        "_by=due:week",
        "_by=due:year&_by=customer_id.name",
        "_by=state&total__gt=1&_search=a",
        "_agg=count",
        "_agg=count&state=paid",
    ],
)
def test_a_group_leads_to_its_rows(orders: Server, text: str) -> None:
    page = fetch(f"{orders.url}/tables/shop_order?{text}")
    links = [node for node in page.root if node.tag == "a" and "role" not in node.attributes]
    for row in page.view.rows.values():
        (href,) = [
            str(node.attributes["href"]) for node in row if node in links and node.tag == "a"
        ]
        cells = [cell.text for cell in row.elements()]
        assert fetch(orders.url + href).view.targets["total"] == [cells[-1]]


def test_references_are_followed_one_step(orders: Server) -> None:
    """What is behind a second one isn't among the tables that the page follows."""
    with orders.sessions.begin() as session:
        session.add(Order(customer_id=2, replaces_id=1))
    page = fetch(f"{orders.url}/tables/shop_order?_by=replaces_id.customer_id")
    assert texts(page) == [["—", "3"], ["1", "1"]]


def test_groups_are_live(orders: Server) -> None:
    address = f"{orders.url}/tables/shop_order?_by=state&_agg=count&_agg=sum:total"
    page = fetch(address)
    assert texts(page) == [["New", "1", "1.25"], ["Paid", "2", "2"]]
    query = urlencode({"view": page.view.name, "since": page.cursor})
    with EventStream(f"{orders.url}{page.stream}?{query}") as stream:
        for change in ({"state": State.sent}, {"total": Decimal(5)}):
            with orders.sessions.begin() as session:
                order = session.get_one(Order, 1)
                for name, value in change.items():
                    setattr(order, name, value)
            page.view.apply(next(stream.only("patch")).data)
            assert page.view.shown() == fetch(address).view.shown()
    assert texts(page) == [["Paid", "2", "2"], ["Sent", "1", "5"]]


def test_a_grouping_can_be_taken_away(orders: Server) -> None:
    text = "_by=state&_by=customer_id&_agg=avg:total&_sort_desc=avg:total&total__gt=0"
    page = fetch(f"{orders.url}/tables/shop_order?{text}")
    chips = {
        str(node.attributes["aria-label"]): str(node.attributes["href"])
        for node in page.root
        if str(node.attributes.get("aria-label", "")).startswith("Remove the filter")
    }
    assert len(chips) == 4
    assert sorted(href.partition("?")[2] for href in chips.values()) == [
        "_by=state&_by=customer_id&_agg=avg%3Atotal&_sort_desc=avg%3Atotal",
        "total__gt=0&_by=customer_id&_agg=avg%3Atotal&_sort_desc=avg%3Atotal",
        "total__gt=0&_by=state&_agg=avg%3Atotal&_sort_desc=avg%3Atotal",
        "total__gt=0&_by=state&_by=customer_id",
    ]
    for href in chips.values():
        assert get(orders.url + href)[0] == 200


def test_the_columns_of_a_referred_record_are_filtered_sorted_and_shown(orders: Server) -> None:
    text = "_sort_desc=customer_id.name&_sort=total&customer_id.name__not=x&_col=customer_id.name"
    page = fetch(f"{orders.url}/tables/shop_order?{text}")
    assert texts(page) == [["Bo"], ["Ann"], ["Ann"]]
    marked = [node for node in page.root if node.tag == "th"]
    assert [node.attributes.get("aria-sort") for node in marked] == ["descending"]
    options = [node.attributes.get("value") for node in page.root if node.tag == "option"]
    assert {"total", "customer_id.name", "replaces_id.note"} <= set(options)
    assert "customer_id.id" not in options
    several = fetch(f"{orders.url}/tables/shop_order?_sort=state&_sort_desc=total")
    found = {
        node.attributes["data-column"]: node.attributes.get("data-sorted")
        for node in several.root
        if node.tag == "th"
    }
    assert (found["state"], found["total"]) == (None, "descending")


def test_the_menu_puts_a_table_into_groups(orders: Server) -> None:
    page = fetch(f"{orders.url}/tables/shop_order?total__gt=1&_col=id&_sort=id")
    menus = [node for node in page.root if node.tag == "select"]
    options = {
        str(menu.attributes["name"]): [option.attributes["value"] for option in menu.elements()]
        for menu in menus
    }
    assert {"", "state", "due", "due:week", "customer_id.name"} <= set(options["_by"])
    assert {"count", "sum:total", "max:due"} <= set(options["_agg"])
    assert "sum:customer_id" not in options["_agg"]
    for by in options["_by"]:
        for agg in options["_agg"][:2]:
            given = urlencode(
                [("total__gt", "1"), ("_col", "id"), ("_sort", "id"), ("_group", "1")]
            )
            chosen = urlencode([("_by", by), ("_agg", agg)])
            assert get(f"{orders.url}/tables/shop_order?{given}&{chosen}")[0] == 303
    filled = f"{orders.url}/tables/shop_order?_by=state&_by=customer_id&_agg=count&_group=1&_by=due"
    assert get(filled)[0] == 400


def test_what_groups_can_not_be_is_said(orders: Server) -> None:
    status, html = get(f"{orders.url}/tables/shop_order?_by=nothing")
    assert (status, "shop_order has no column" in html) == (400, True)


@sqlite_only  # PostgreSQL's sums have no end.
@pytest.mark.parametrize("path", ["/tables/shop_order?{}", "/stream?view=/tables/shop_order?{}"])
def test_a_sum_that_is_too_large_is_said(orders: Server, path: str) -> None:
    with orders.sessions.begin() as session:
        for key in (2**62, 2**62 + 1):
            session.add(Order(id=key, customer_id=1))
    status, text = get(orders.url + path.format("_agg=sum:id"))
    assert (status, "a sum is larger than the database can count" in text) == (400, True)


@pytest.mark.parametrize(
    ("aggregate", "value", "text"),
    [
        ("count", 12345, "12,345"),
        ("sum:total", Decimal("10.3"), "10.30"),
        ("sum:total", Decimal("10"), "10"),
        ("avg:total", Decimal("10"), "10.00"),
        ("avg:id", 1 / 3, "0.33"),
        ("avg:id", None, ""),
        ("max:due", WEDNESDAY, "2024-01-03"),
        ("sum:total", float("inf"), "inf"),
    ],
)
def test_figures_as_people_read_them(aggregate: str, value: Any, text: str) -> None:
    catalog = Catalog()
    catalog.add(Customer)
    catalog.add(Order)
    (measure,) = parse_query(catalog["shop_order"], [("_agg", aggregate)]).measures
    assert figure_text(measure, value) == text

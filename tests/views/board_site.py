"""A board over the shop, with a panel of every kind."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from dashboard.models.boards import Board, Panel
from tests.support.server import Server
from tests.support.shop import Customer, Order, State

ORDERS: list[dict[str, Any]] = [
    {"title": "Latest", "query": "_sort_desc=id&_size=3"},
    {"title": "By state", "query": "_agg=count&_agg=sum:total&_by=state"},
    {
        "title": "Sales",
        "kind": "tile",
        "query": "_agg=sum:total",
        "unit": "€",
        "trend": "placed:day",
    },
    {
        "title": "Paid",
        "kind": "tile",
        "query": "state=paid&_agg=count",
        "second_query": "_agg=count",
        "warning": 50,
        "critical": 20,
        "bad": "low",
    },
    {"title": "Course", "kind": "chart", "chart": "line", "query": "_by=placed:day"},
    {"title": "Bars", "kind": "chart", "chart": "bar", "query": "_agg=avg:total&_by=customer_id"},
    {"title": "Stack", "kind": "chart", "chart": "stacked", "query": "_by=placed:day&_by=state"},
    {"title": "Ring", "kind": "chart", "chart": "donut", "query": "_by=state"},
    {"title": "Bad", "kind": "tile", "query": "_agg=avg:colour"},
    {"title": "Unseen", "table_name": "people", "query": ""},
]


def make_board(
    server: Server, panels: list[dict[str, Any]], slug: str = "shop", **values: Any
) -> list[int]:
    """Add a board and return its panels' ids. Each panel has a row of its own."""
    with server.sessions.begin() as session:
        board = Board(slug=slug, title=slug.title(), **values)
        board.panels = [
            Panel(**{"table_name": "shop_order", "row": row, **each})
            for row, each in enumerate(panels, 1)
        ]
        session.add(board)
        session.flush()
        return [panel.id for panel in board.panels]


def add_orders(server: Server, *totals: int, state: State = State.new, day: int = 1) -> list[int]:
    with server.sessions.begin() as session:
        customer = session.get(Customer, 1) or Customer(id=1, name="Ann")
        session.add(customer)
        orders = [
            Order(
                customer=customer, total=Decimal(each), state=state, placed=datetime(2026, 1, day)
            )
            for each in totals
        ]
        session.add_all(orders)
        session.flush()
        return [order.id for order in orders]

"""Rows and cells as the templates take them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from dashboard.catalog import Catalog, VisibleCatalog
from dashboard.queries.grammar import parse_query
from dashboard.views.cells import Rows
from dashboard.views.paths import Paths


class Base(DeclarativeBase):
    pass


class Reading(Base):
    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(sa.JSON)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"on": 1}, {"on": True}),
        ([0], [False]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Decimal("1.0"), Decimal("1.00")),
        (0.0, -0.0),
    ],
)
def test_a_value_that_is_equal_but_reads_differently_makes_another_row(
    before: Any, after: Any
) -> None:
    catalog = Catalog()
    catalog.add(Reading)
    rows = Rows(Paths(), VisibleCatalog(catalog, lambda table: True))
    query = parse_query(catalog["reading"], [])
    (first,) = rows.rows(query, [{"id": 1, "value": before}])
    (same,) = rows.rows(query, [{"id": 1, "value": before}])
    (changed,) = rows.rows(query, [{"id": 1, "value": after}])
    assert same is first
    assert changed.cells[1].text != first.cells[1].text

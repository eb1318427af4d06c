"""Pages of rows: every operator against plain Python, and paging that visits each row once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from dashboard.catalog import Catalog, Table, VisibleCatalog
from dashboard.queries import page as pages
from dashboard.queries.grammar import parse_query
from dashboard.queries.page import Page, Total, fetch_page
from dashboard.queries.sql import label_key
from tests.queries.conftest import Maker, Size, Thing


def page(session: Session, table: Table, visible: VisibleCatalog, *pairs: tuple[str, str]) -> Page:
    return fetch_page(session, parse_query(table, pairs), visible)


def ids(found: Page) -> list[int]:
    return [row["id"] for row in found.rows]


@pytest.fixture
def rows(session: Session) -> None:
    session.add_all([Maker(code="A", name="Acme"), Maker(code="B", name="Böll & Söhne")])
    session.flush()
    session.add_all(
        [
            Thing(
                id=1,
                name="Anvil",
                count=1,
                price=Decimal("1.5"),
                ready=True,
                size=Size.small,
                born=date(2013, 1, 1),
                maker_code="A",
            ),
            Thing(id=2, name="100% wool", count=2, ready=False, size=Size.large, maker_code="B"),
            Thing(id=3, name="100_units", count=3, notes="back\\slash"),
            Thing(id=4, name=None, count=None),
            Thing(id=5, name="anvil", count=5, extra={"a": [1]}, data=b"\0", hash="secret"),
        ]
    )
    session.commit()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("name", "Anvil", [1]),
        ("name__not", "Anvil", [2, 3, 5]),
        ("name__contains", "NVI", [1, 5]),
        ("name__contains", "%", [2]),
        ("name__contains", "_", [3]),
        ("notes__contains", "\\", [3]),
        ("name__startswith", "100", [2, 3]),
        ("name__endswith", "wool", [2]),
        ("count__gt", "2", [3, 5]),
        ("count__gte", "2", [2, 3, 5]),
        ("count__lt", "2", [1]),
        ("count__lte", "2", [1, 2]),
        ("count__in", "1,5,9", [1, 5]),
        ("count__notin", "1,5", [2, 3]),
        ("count__contains", "5", [5]),
        ("price", "1.50", [1]),
        ("ready", "no", [2]),
        ("size", "large", [2]),
        ("born__lt", "2014-01-01", [1]),
        ("maker_code__isnull", "1", [3, 4, 5]),
        ("maker_code__notnull", "1", [1, 2]),
        ("_search", "acme", [1]),
        ("_search", "anvil acme", [1]),
        ("_search", "anvil", [1, 5]),
        ("_search", "secret", []),
        ("_search", "%", [2]),
    ],
)
def test_operators(
    session: Session,
    thing: Table,
    visible: VisibleCatalog,
    rows: None,
    name: str,
    text: str,
    expected: list[int],
) -> None:
    found = page(session, thing, visible, (name, text))
    assert (ids(found), found.total, found.next) == (expected, Total(len(expected)), None)


def test_references_have_their_label_only_where_it_may_be_seen(
    session: Session, thing: Table, catalog: Catalog, visible: VisibleCatalog, rows: None
) -> None:
    label = label_key("maker_code")
    assert page(session, thing, visible, ("id", "2")).rows[0][label] == "Böll & Söhne"
    narrow = VisibleCatalog(catalog, lambda table: table.name == "thing")
    assert label not in page(session, thing, narrow, ("id", "2")).rows[0]
    assert page(session, thing, narrow, ("_search", "acme")).total == Total(0)


def test_a_private_column_is_never_read(
    session: Session, thing: Table, visible: VisibleCatalog, rows: None
) -> None:
    assert all("hash" not in row for row in page(session, thing, visible).rows)


@pytest.mark.parametrize(
    ("limit", "total", "text"),
    [(6, Total(5), "5"), (5, Total(5), "5"), (4, Total(4, more=True), "more than 4")],
)
def test_totals_are_counted_to_a_limit(
    session: Session,
    thing: Table,
    visible: VisibleCatalog,
    rows: None,
    monkeypatch: Any,
    limit: int,
    total: Total,
    text: str,
) -> None:
    monkeypatch.setattr(pages, "COUNT_LIMIT", limit)
    found = page(session, thing, visible, ("_size", "2"))
    assert (found.total, str(found.total)) == (total, text)
    assert str(Total(10_000, more=True)) == "more than 10,000"


values = st.none() | st.integers(0, 3)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.lists(st.tuples(values, values), max_size=25),
    sort=st.lists(
        st.tuples(st.sampled_from(["_sort", "_sort_desc"]), st.sampled_from(["count", "name"])),
        max_size=2,
        unique_by=lambda each: each[1],
    ),
    size=st.integers(1, 7),
)
def test_paging_visits_every_row_once_and_in_order(
    session: Session, thing: Table, visible: VisibleCatalog, data: Any, sort: Any, size: int
) -> None:
    session.query(Thing).delete()
    session.add_all(
        Thing(id=number, count=count, name=None if name is None else str(name))
        for number, (count, name) in enumerate(data, 1)
    )
    session.flush()

    def rank(number: int) -> Any:
        record = {"count": data[number - 1][0], "name": data[number - 1][1]}
        ranks = []
        for name, column in sort:
            # NULL is the least value, as in SQLite.
            value = -1 if record[column] is None else record[column]
            ranks.append(-value if name == "_sort_desc" else value)
        return [*ranks, number]

    expected = sorted(range(1, len(data) + 1), key=rank)
    seen: list[int] = []
    token: list[tuple[str, str]] = []
    for _ in range(len(data) + 1):
        found = page(session, thing, visible, *sort, ("_size", str(size)), *token)
        seen += ids(found)
        assert found.total == Total(len(data))
        if found.next is None:
            break
        token = [("_next", found.next)]
    session.rollback()
    assert seen == expected

"""The home page of few and of many tables."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from dashboard.views.home_tables import FEW, grouped
from tests.views.conftest import Site


@pytest.mark.parametrize("count", [1, FEW, FEW + 1])
def test_many_tables_are_a_list_with_a_box_to_find_one(empty_database: str, count: int) -> None:
    engine = make_engine(empty_database)
    upgrade(engine)
    with engine.begin() as connection:
        for number in range(count):
            connection.execute(sa.text(f"CREATE TABLE t{number:02} (id INTEGER PRIMARY KEY)"))
    engine.dispose()
    site = Site(empty_database, **{"dashboard.reflect": "*", "dashboard.public": "true"})
    try:
        home = site.browser().get("/").html
        assert len(home.select("[data-target=tables] > [data-key]")) == count
        assert bool(home.select(".dense")) == bool(home.select("[data-find]")) == (count > FEW)
    finally:
        site.close()


def table(name: str, schema: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(name=name, sql=SimpleNamespace(schema=schema))


def test_tables_are_grouped_by_schema_those_without_one_first() -> None:
    tables = [
        (table("sales.orders", "sales"), {"label": "Orders (sales)"}),
        (table("orders"), {"label": "Orders"}),
        # One of the usual schema, which is told only because of the dot.
        (table("a.b", "public"), {"label": "A.b"}),
        (table("sales.lines", "sales"), {"label": "Lines (sales)"}),
    ]
    found = [(each.target, [card["label"] for card in each.cards]) for each in grouped(tables)]
    assert found == [("tables", ["Orders", "A.b"]), ("tables:sales", ["Orders", "Lines"])]
    assert [each.target for each in grouped([])] == ["tables"]
    assert [each.target for each in grouped(tables[:1])] == ["tables:sales"]

"""The bar of every page: some tables, the one where one is among them, and the way to all."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from dashboard.views.layout import MOST_TABLES
from tests.views.conftest import Site


@pytest.mark.parametrize("count", [MOST_TABLES, MOST_TABLES + 1, 30])
def test_the_bar_has_some_of_many_tables(empty_database: str, count: int) -> None:
    engine = make_engine(empty_database)
    upgrade(engine)
    names = [f"t{number:02}" for number in range(count)]
    with engine.begin() as connection:
        for name in names:
            connection.execute(sa.text(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY)"))
    engine.dispose()
    site = Site(empty_database, **{"dashboard.reflect": "*", "dashboard.public": "true"})
    try:
        for here in (names[0], names[-1]):
            links = site.browser().get(f"/tables/{here}").html.select(".bar-nav a")
            tables = [each for each in links if "/tables/" in each["href"]]
            assert [each["href"][-3:] for each in links if each.get("aria-current")] == [here]
            assert {each["href"][-3:] for each in tables} == {*names[:MOST_TABLES], here}
            to_all = [each.text for each in links if each["href"].endswith("/#tables")]
            assert to_all == ([f"All {count} tables"] if count > MOST_TABLES else [])
        assert site.browser().get("/").html.select_one("#tables")
    finally:
        site.close()

"""A view that says a change doesn't touch it shows the same before and after.

``DASHBOARD_FLOW_EXAMPLES=5000 pytest tests/flow/test_relevance.py`` looks longer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import sessionmaker

from dashboard.catalog import Catalog, VisibleCatalog
from dashboard.changes import Change, install
from dashboard.queries.grammar import parse_query
from dashboard.views.groups_view import GroupsView
from dashboard.views.home_view import HomeView
from dashboard.views.paths import Paths
from dashboard.views.record_view import RecordView
from dashboard.views.table_view import TableView
from tests.flow import questions, writing
from tests.support.shop import MODELS, Base

EXAMPLES = int(os.environ.get("DASHBOARD_FLOW_EXAMPLES", "40"))


class World:
    """The shop in a database, the changes of its last transaction, and views by address."""

    def __init__(self, engine: Engine) -> None:
        self.sessions = sessionmaker(engine)
        self.changes: list[Change] = []
        catalog = Catalog()
        for model in MODELS:
            catalog.add(model)
        self.catalog = VisibleCatalog(catalog, lambda table: True)
        install(self.sessions, publish=self.changes.extend, name_of=catalog.captured_name)
        self._access: Any = SimpleNamespace(role="watcher", catalog=self.catalog)

    def view(self, address: str) -> Any:
        parts = urlsplit(address)
        steps = parts.path.split("/")[1:]
        if steps == [""]:
            return HomeView(self._access, Paths())
        table = self.catalog.get(steps[1])
        assert table is not None
        if len(steps) == 3:
            key = tuple(int(each) if each.isdigit() else each for each in steps[2].split(","))
            return RecordView(table, key, self._access, Paths())
        query = parse_query(
            table, parse_qsl(parts.query, keep_blank_values=True), catalog=self.catalog
        )
        view = GroupsView if query.aggregated else TableView
        return view(query, self._access, Paths())

    def load(self, views: list[Any]) -> list[Any]:
        with self.sessions() as session:
            return [view.load(session) for view in views]

    def write(self, steps: list[writing.Step]) -> None:
        self.changes.clear()
        with self.sessions() as session:
            try:
                for step in steps:
                    writing.run(session, step)
                session.commit()
            except IntegrityError:
                session.rollback()

    def refill(self, rows: int) -> None:
        with self.sessions.begin() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(sa.delete(table))
            writing.fill(session, rows)


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    yield World(engine)


keys = st.integers(1, 6)
records = st.one_of(
    st.builds("/tables/customer/{}".format, keys),
    st.builds("/tables/shop_order/{}".format, keys),
    st.builds("/tables/line/{},{}".format, keys, keys),
    st.builds("/tables/tag/{}".format, st.sampled_from(["t0", "T1", "a0"])),
)
addresses = st.one_of(
    questions.tables(), questions.tables(), questions.groups(), records, st.just("/")
)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(
    rows=st.integers(0, 9),
    addresses=st.lists(addresses, min_size=5, max_size=15),
    transactions=st.lists(st.lists(writing.steps, min_size=1, max_size=2), min_size=1, max_size=4),
)
@pytest.mark.filterwarnings("ignore:New instance .* conflicts with persistent instance")
def test_what_is_untouched_stays_as_it_is(
    world: World, rows: int, addresses: list[str], transactions: list[list[writing.Step]]
) -> None:
    world.refill(rows)
    views = [world.view(each) for each in addresses]
    for steps in transactions:
        before = world.load(views)
        world.write(steps)
        for address, view, old, new in zip(
            addresses, views, before, world.load(views), strict=True
        ):
            changes = [each for each in world.changes if each.table in view.reads]
            touched = any(map(view.touched_by, changes))
            event(f"touched: {touched}, different: {old != new}")
            assert touched or old == new, f"{address}: {changes}"

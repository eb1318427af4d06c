"""Pages follow whatever is written: of records that name each other by several columns, and of
those whose parts are in several tables.

``DASHBOARD_FLOW_EXAMPLES=5000 pytest tests/flow/test_mapping.py`` looks longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dashboard.models.engine import make_engine
from dashboard.queries.live import entries
from tests.flow.edits import edits
from tests.flow.watching import Watch
from tests.flow.world import World
from tests.support import league, staff
from tests.support.databases import Databases
from tests.support.server import Server, running

EXAMPLES = int(os.environ.get("DASHBOARD_FLOW_EXAMPLES", "40"))

Steps = list[Callable[[Session], None]]


def transactions(metadata: Any) -> st.SearchStrategy[list[Steps]]:
    steps = st.lists(edits(metadata), min_size=1, max_size=3)
    return st.lists(steps, min_size=1, max_size=5)


def follow(world: World, addresses: list[str], transactions: list[Steps]) -> None:
    """Fail where a view that no change touches is another one than before."""
    views = [world.view(each) for each in addresses]
    for steps in transactions:
        before = world.load(views)
        world.write(steps)
        after = world.load(views)
        for address, view, old, new in zip(addresses, views, before, after, strict=True):
            touched = world.is_touched(view)
            event(f"touched: {touched}, different: {old != new}")
            assert touched or old == new, f"{address}: {world.changes}"


LEAGUE = [
    *(f"/tables/club/{key}" for key in ("de,1", "de,2", "fr,1", "fr,2")),
    *(f"/tables/match/{key}" for key in ("de,1,1", "de,1,2", "fr,1,1", "de,2,1")),
    *("/tables/sponsor/beer", "/tables/sponsor/bank"),
    *(
        "/tables/match",
        "/tables/match?_col=day&_col=away_country",
        "/tables/match?number=1&_col=day",
    ),
]


STAFF = [
    "/tables/engineer",
    "/tables/engineer?_sort=id.name&_size=1",
    "/tables/engineer?id.name__gte=de&_col=language",
    "/tables/engineer?_search=de",
    "/tables/engineer?_by=id.type",
    "/tables/lead",
    "/tables/lead?_sort_desc=number.language",
    "/tables/person",
]
RECORDS = [
    f"/tables/{table}/{key}" for table in ("person", "engineer", "lead") for key in (1, 2, 3)
]


@pytest.fixture
def world(engine: Engine, request: pytest.FixtureRequest) -> World:
    world = World(engine, request.param)
    world.metadata.create_all(engine)
    return world


@pytest.mark.parametrize("world", [league.MODELS], ids=["league"], indirect=True)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(transactions=transactions(league.Base.metadata))
def test_what_is_named_by_several_columns(world: World, transactions: list[Steps]) -> None:
    world.refill(league.fill)
    follow(world, LEAGUE, transactions)


@pytest.mark.parametrize("world", [staff.MODELS], ids=["staff"], indirect=True)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(transactions=transactions(staff.Base.metadata))
def test_what_is_in_several_tables(world: World, transactions: list[Steps]) -> None:
    world.refill(staff.fill)
    follow(world, [*STAFF, *RECORDS], transactions)


@pytest.fixture(scope="module")
def served(databases: Databases, bare_template: str) -> Iterator[Server]:
    url = databases.make(bare_template)
    engine = make_engine(url)
    staff.Base.metadata.create_all(engine)
    engine.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "GRACE", 0.3)
        with running(url, models="tests.support.staff", heartbeat=0.03) as server:
            yield server


@settings(max_examples=min(EXAMPLES, 20), suppress_health_check=list(HealthCheck))
@given(transactions=transactions(staff.Base.metadata))
def test_a_page_over_several_tables_is_what_a_fresh_load_shows(
    served: Server, transactions: list[Steps]
) -> None:
    with served.sessions.begin() as session:
        for table in reversed(staff.Base.metadata.sorted_tables):
            session.execute(sa.delete(table))
        staff.fill(session)
    watch = Watch(served.url, STAFF)
    watch.open()
    try:
        for steps in transactions:
            with suppress(IntegrityError), served.sessions.begin() as session:
                for step in steps:
                    step(session)
        watch.catch_up(served.registry["dashboard.broadcaster"].head().cursor.seq)
        watch.check()
    finally:
        watch.close()

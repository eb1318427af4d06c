"""Pages of records that name each other by several columns follow whatever is written.

``DASHBOARD_FLOW_EXAMPLES=5000 pytest tests/flow/test_mapping.py`` looks longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.flow.edits import edits
from tests.flow.world import World
from tests.support import league

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


@pytest.fixture
def world(engine: Engine) -> World:
    league.Base.metadata.create_all(engine)
    return World(engine, league.MODELS)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(transactions=transactions(league.Base.metadata))
def test_what_is_named_by_several_columns(world: World, transactions: list[Steps]) -> None:
    world.refill(league.fill)
    follow(world, LEAGUE, transactions)

"""A view that says a change doesn't touch it shows the same before and after.

``DASHBOARD_FLOW_EXAMPLES=5000 pytest tests/flow/test_relevance.py`` looks longer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.flow import questions, writing
from tests.flow.world import World
from tests.support.shop import MODELS

EXAMPLES = int(os.environ.get("DASHBOARD_FLOW_EXAMPLES", "40"))


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    yield World(engine, MODELS)


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
    world.refill(partial(writing.fill, rows=rows))
    views = [world.view(each) for each in addresses]
    for steps in transactions:
        before = world.load(views)
        world.write([partial(writing.run, step=step) for step in steps])
        for address, view, old, new in zip(
            addresses, views, before, world.load(views), strict=True
        ):
            touched = world.is_touched(view)
            event(f"touched: {touched}, different: {old != new}")
            assert touched or old == new, f"{address}: {world.changes}"

"""A server that runs: what another program commits is on open pages, and in the feed, at once."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from tests.support.browser import Window, wait_live
from tests.support.databases import POSTGRESQL
from tests.support.server import running
from tests.support.triggers import install_all

COMMITS = int(os.environ.get("DASHBOARD_TRIGGER_COMMITS", "10"))
PATIENCE = 0.3 if POSTGRESQL else 2.0
"""Seconds from a commit to the page, in the median."""

SHOWN = """(name) => new Promise((done) => {
  const look = () => [...document.querySelectorAll("[data-column=name]")]
    .some((cell) => cell.textContent.trim() === name) ? done(Date.now()) : setTimeout(look, 2);
  look();
})"""


@pytest.mark.alone
@pytest.mark.parametrize("pause", [0.05, 3.0])
def test_a_page_shows_what_others_commit(
    database: str, engine: Engine, chromium: Any, pause: float
) -> None:
    """Whether the mover has just been at work or is asleep."""
    outside = sa.create_engine(engine.url)
    install_all(engine)
    with running(database) as server:
        window = Window(chromium, server.url)
        page = window.open("/tables/tag?_sort_desc=name")
        wait_live(page)
        delays = []
        for number in range(COMMITS if pause < 1 else 3):
            time.sleep(pause)
            with outside.begin() as connection:
                connection.execute(sa.text(f"INSERT INTO tag VALUES ('t{number}')"))
            committed = time.time() * 1000
            delays.append((page.evaluate(SHOWN, f"t{number}") - committed) / 1000)
        window.close()
    outside.dispose()
    print(f"median {statistics.median(delays):.3f} s, most {max(delays):.3f} s")
    assert statistics.median(delays) < PATIENCE

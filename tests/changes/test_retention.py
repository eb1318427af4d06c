"""The log is pruned a few changes at a time, so that nobody who writes waits for it for long."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

from dashboard.changes import log
from dashboard.changes.pace import FEWEST, MOST, Pace
from dashboard.changes.retention import Retention
from tests.support.shop import Tag


def test_pruned_in_pieces(engine: Engine, sessions: Any) -> None:
    with sessions.begin() as session:
        session.add_all([Tag(name=f"t{number}") for number in range(1200)])
    commits: list[Any] = []
    event.listen(engine, "commit", commits.append)
    assert Retention(engine, days=30, keep=100).prune() == 1100
    assert len(commits) >= 1100 / MOST
    with engine.connect() as connection:
        assert [each.seq for each in log.read(connection, 0)] == [*range(1101, 1201)]
        assert log.head(connection).pruned == 1100
    assert Retention(engine, days=30, keep=100).prune() == 0


def test_the_pace_follows_what_a_row_takes() -> None:
    pace = Pace("sqlite")
    for _ in range(10):
        pace.held(pace.rows, pace.rows * 1e-5)
    assert pace.rows == 200
    assert pace.held(pace.rows, 0.5) == 0.002
    assert pace.rows == 100
    for _ in range(10):
        pace.held(pace.rows, pace.rows * 1e-3)
    assert pace.rows == FEWEST
    for _ in range(10):
        pace.held(pace.rows, 0.0)
    assert pace.rows == MOST

"""The flight board is loaded once, and as ordinary changes."""

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from dashboard.changes import log
from dashboard.demo.load import load
from dashboard.demo.models import Airline, Airport, Flight, Plane
from tests.demo.conftest import sessions_of
from tests.support.databases import POSTGRESQL


def count(session, model):
    return session.scalar(sa.select(sa.func.count()).select_from(model))


def test_loading_happens_once(databases, template):
    sessions = sessions_of(databases.make(template))
    assert load(sessions)
    assert not load(sessions)
    with sessions() as session:
        counts = [count(session, model) for model in (Flight, Airline, Airport, Plane)]
    assert counts == [1000, 15, 88, 713]
    sessions.kw["bind"].dispose()


def test_a_board_that_somebody_changed_is_left_alone(sessions):
    with sessions.begin() as session:
        session.execute(sa.delete(Flight))
    assert not load(sessions)


def test_every_row_is_in_the_log(sessions):
    with sessions() as session:
        changes = log.read(session.connection(), 0, limit=10_000)
    assert len(changes) == 1000 + 15 + 88 + 713
    assert {(change.op, change.actor) for change in changes} == {("insert", "demo")}


def test_every_reference_is_kept(sessions):
    origin, destination = aliased(Airport), aliased(Airport)
    statement = (
        sa.select(sa.func.count(Flight.id))
        .join(Flight.airline)
        .join(origin, Flight.origin == origin.faa)
        .join(destination, Flight.destination == destination.faa)
    )
    with sessions() as session:
        assert session.scalar(statement) == 1000
        if not POSTGRESQL:
            assert session.connection().exec_driver_sql("PRAGMA foreign_key_check").all() == []

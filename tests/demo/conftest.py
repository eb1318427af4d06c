"""The flight board, loaded once and copied for each test."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import sessionmaker

from dashboard.changes import install
from dashboard.demo.load import load
from dashboard.demo.models import Flight
from dashboard.models.engine import make_engine
from tests.support.databases import settle


def sessions_of(url):
    sessions = sessionmaker(make_engine(url))
    install(sessions)
    return sessions


@pytest.fixture(scope="session")
def loaded(databases, template):
    url = databases.make(template)
    sessions = sessions_of(url)
    assert load(sessions)
    settle(sessions.kw["bind"])
    return url


@pytest.fixture
def sessions(databases, loaded):
    """A sessionmaker of the test's own board at the beginning of its day, with capture on it."""
    url = databases.make(loaded)
    sessions = sessions_of(url)
    yield sessions
    sessions.kw["bind"].dispose()
    databases.drop(url)


@pytest.fixture
def flight(sessions):
    """Return a function that reads a flight's columns by carrier and number."""

    def read(carrier, number):
        with sessions() as session:
            found = session.query(Flight).filter_by(carrier=carrier, number=number).one()
            return {column.key: getattr(found, column.key) for column in Flight.__table__.columns}

    return read

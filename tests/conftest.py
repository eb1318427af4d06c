"""Fixtures that every test may use: a migrated database and what listens to it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Each application of the tests would compile every template again. Chameleon reads this when
# it's imported; what it keeps there is named by the template's content.
TEMPLATE_CACHE = Path(__file__).parents[1] / ".template_cache"
TEMPLATE_CACHE.mkdir(exist_ok=True)
os.environ.setdefault("CHAMELEON_CACHE", str(TEMPLATE_CACHE))

import hypothesis
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from dashboard.changes import Broadcaster, broadcaster_of, install
from dashboard.models import passwords
from dashboard.models.engine import make_engine, reader_of
from dashboard.models.migrations import upgrade
from tests.support import shop
from tests.support.browser import chromium as chromium
from tests.support.databases import Databases, settle
from tests.support.people import CHEAP
from tests.support.server import Server, running

# How long an example takes says nothing here but how busy the machine is.
hypothesis.settings.register_profile("dashboard", deadline=None)
hypothesis.settings.load_profile("dashboard")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser, and what is of the database that the run is on."""
    for item in items:
        for fixture, mark in (("chromium", "browser"), ("databases", "database")):
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="module", autouse=True)
def nothing_runs_on() -> Iterator[None]:
    """Check that a module's tests leave no thread of the program's behind: each would go on
    looking at its database, and slow down whatever comes after it."""
    before = set(threading.enumerate())
    yield
    left = [each for each in threading.enumerate() if each not in before and _is_ours(each)]
    deadline = time.monotonic() + 20
    for each in left:
        each.join(max(0, deadline - time.monotonic()))
    alive = [each.name for each in left if each.is_alive()]
    assert not alive, alive


def _is_ours(thread: threading.Thread) -> bool:
    return thread.name.startswith("dashboard-")


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """Hash passwords at next to no cost; what the costly hashes are good for has its own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", CHEAP)
        yield


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = Databases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def template(databases: Databases) -> str:
    """The URL of a database with the program's own tables and the shop's, to be copied."""
    url = databases.make()
    engine = make_engine(url)
    upgrade(engine)
    shop.Base.metadata.create_all(engine)
    settle(engine)
    return url


@pytest.fixture(scope="session")
def bare_template(databases: Databases) -> str:
    """The URL of a database with the program's own tables alone, to be copied."""
    url = databases.make()
    engine = make_engine(url)
    upgrade(engine)
    settle(engine)
    return url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file of the same, for tests that are of SQLite whatever the others are of."""
    path = tmp_path_factory.mktemp("migrated") / "migrated.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    shop.Base.metadata.create_all(engine)
    settle(engine)
    return path


@pytest.fixture
def database(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database of the test's own, migrated, with the shop's tables in it."""
    url = databases.make(template)
    yield url
    databases.drop(url)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """The URL of a database of the test's own with nothing in it."""
    url = databases.make()
    yield url
    databases.drop(url)


@pytest.fixture
def bare_database(databases: Databases, bare_template: str) -> Iterator[str]:
    """The URL of a database of the test's own, migrated, without any other table."""
    url = databases.make(bare_template)
    yield url
    databases.drop(url)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = make_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture
def broadcaster(engine: Engine) -> Iterator[Broadcaster]:
    broadcaster = broadcaster_of(reader_of(engine), poll=0.05)
    yield broadcaster
    broadcaster.stop()


@pytest.fixture
def sessions(engine: Engine, broadcaster: Broadcaster) -> sessionmaker[Any]:
    """A sessionmaker with capture on it, publishing to ``broadcaster``."""
    sessions = sessionmaker(engine)
    install(sessions, publish=broadcaster.publish)
    return sessions


@pytest.fixture
def server(database: str) -> Iterator[Server]:
    """The program serving the shop; anyone may watch."""
    with running(database) as server:
        yield server

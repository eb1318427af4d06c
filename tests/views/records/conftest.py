"""The league as declared models, and as tables that are found in a database of either kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import argon2
import pytest
from sqlalchemy.orm import Session

from dashboard.models import passwords
from dashboard.models.engine import make_engine
from tests.catalog.reflection.browsing import Browsing
from tests.support import league
from tests.support.databases import Databases
from tests.support.services import address_of


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Iterator[str]:
    databases = Databases(tmp_path, address_of(kind) if kind == "postgresql" else "")
    yield databases.make()
    databases.close()


@pytest.fixture
def browse(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what opens a site over the database, with these settings."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", cheap)
    opened = []

    def browse(**settings: str) -> Browsing:
        opened.append(Browsing(database, **settings))
        return opened[-1]

    yield browse
    for each in opened:
        each.close()


@pytest.fixture(params=["declared", "reflected"])
def site(request: pytest.FixtureRequest, database: str, browse: Any) -> Browsing:
    engine = make_engine(database)
    league.Base.metadata.create_all(engine)
    with Session(engine) as session:
        league.fill(session)
        session.commit()
    engine.dispose()
    if request.param == "reflected":
        return browse()
    return browse(models="tests.support.league", reflect="")

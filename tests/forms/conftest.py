"""The warehouse's tables: described by a catalog, and in a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from dashboard.catalog import Catalog, Table
from tests.forms import models


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    catalog = Catalog()
    for model in models.MODELS:
        catalog.add(model)
    return catalog


@pytest.fixture(scope="session")
def sample(catalog: Catalog) -> Table:
    return catalog["sample"]


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session

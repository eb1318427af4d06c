"""Whatever there is in a database can be browsed, edited and followed, and nothing breaks."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import argon2
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from dashboard.models import passwords
from tests.catalog.reflection.browsing import Browsing
from tests.catalog.reflection.generated import (
    POSTGRESQL_TYPES,
    Schema,
    postgresql_schemas,
    sqlite_schemas,
)
from tests.support.databases import Databases
from tests.support.services import address_of

GIVEN = os.environ.get("DASHBOARD_SCHEMAS")
"""How many schemas are tried on each database; the whole size is 200 and 50. A few that are always
the same unless it is given."""

THOROUGH = settings(
    max_examples=int(GIVEN or "3"),
    derandomize=GIVEN is None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    # To find the smallest schema that breaks takes minutes, and what it tells is told anyway.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(autouse=True, scope="module")
def cheap_hashes() -> Iterator[None]:
    before = passwords.HASHER
    passwords.HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield
    passwords.HASHER = before


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


@THOROUGH
@given(schema=sqlite_schemas)
def test_any_sqlite_file_can_be_browsed(folder: Path, schema: Schema) -> None:
    path = folder / "any.sqlite"
    for each in folder.glob("any.sqlite*"):
        each.unlink()
    connection = sqlite3.connect(path, isolation_level=None)
    for statement, row in schema.statements("?"):
        try:
            connection.execute(statement, row)
        except sqlite3.IntegrityError:
            assert statement.startswith("INSERT")
    connection.close()
    browse(f"sqlite:///{path}", len(schema.tables) + len(schema.views))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = Databases(tmp_path_factory.mktemp("none"), address_of("postgresql"))
    yield databases
    databases.close()


@THOROUGH
@given(schema=postgresql_schemas)
def test_any_postgresql_database_can_be_browsed(server: Databases, schema: Schema) -> None:
    url = server.make()
    try:
        make(url, schema)
        browse(url, len(schema.tables) + len(schema.views))
    finally:
        server.drop(url)


def make(url: str, schema: Schema) -> None:
    connection: Any = psycopg.connect(url, autocommit=True)
    for statement in POSTGRESQL_TYPES:
        connection.execute(statement)
    for statement, row in schema.statements("%s"):
        try:
            connection.execute(statement, row)
        except (psycopg.errors.IntegrityError, psycopg.errors.DataError):
            assert statement.startswith("INSERT")
    connection.close()


def browse(url: str, count: int) -> None:
    browsing = Browsing(url)
    try:
        assert len(browsing.tables) == count
        problems = browsing.everything()
        assert not problems, "\n".join(problems)
    finally:
        browsing.close()

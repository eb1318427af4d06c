"""A PostgreSQL database for tests that are of both databases, whatever the others run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import Engine

from dashboard.models.engine import make_engine
from tests.support.services import address_of


@contextmanager
def fresh_schema() -> Iterator[Engine]:
    """Give an engine whose tables are in a schema of their own, which is dropped afterwards."""
    url = address_of("postgresql")
    name = f"test_{os.getpid()}"
    admin = make_engine(url)
    with admin.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    engine = make_engine(url, connect_args={"options": f"-csearch_path={name}"})
    try:
        yield engine
    finally:
        engine.dispose()
        with admin.begin() as connection:
            connection.execute(sa.schema.DropSchema(name, cascade=True))
        admin.dispose()

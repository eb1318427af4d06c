"""The engine: a statement that takes too long is stopped, and nothing else with it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashboard.models.engine import READ_ONLY, STATEMENT_TIMEOUT, is_timeout
from tests.support.postgresql import fresh_schema
from tests.support.slow import ENDLESS, some_rows


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: Any) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield request.getfixturevalue("engine")
    else:
        with fresh_schema() as engine:
            yield engine


def test_a_statement_is_stopped_when_its_time_is_over(either: Engine) -> None:
    reader = either.execution_options(**READ_ONLY, **{STATEMENT_TIMEOUT: 0.2})
    for _ in range(2):
        with reader.connect() as connection:
            began = time.monotonic()
            with pytest.raises(OperationalError) as error:
                connection.execute(ENDLESS).all()
            assert is_timeout(error.value)
            assert 0.15 < time.monotonic() - began < 2
    # Its connection goes back to the pool, and the next who has it isn't stopped.
    with either.connect() as connection:
        began = time.monotonic()
        while time.monotonic() < began + 0.3:
            connection.execute(some_rows(200_000)).all()
        assert connection.scalar(sa.text("SELECT 1")) == 1


def test_the_time_is_that_of_each_statement(either: Engine) -> None:
    reader = either.execution_options(**READ_ONLY, **{STATEMENT_TIMEOUT: 0.3})
    with reader.connect() as connection:
        began = time.monotonic()
        while time.monotonic() < began + 0.5:
            connection.execute(some_rows(1000)).all()
            time.sleep(0.05)


def test_other_errors_are_no_timeout(either: Engine) -> None:
    with either.connect() as connection, pytest.raises(sa.exc.DBAPIError) as error:
        connection.execute(sa.text("SELECT * FROM no_such_table"))
    assert not is_timeout(error.value)

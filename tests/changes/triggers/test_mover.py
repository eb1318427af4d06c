"""Movers of several processes, those that are killed, and databases that are away."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, event

from dashboard.changes import log
from dashboard.changes.triggers.covering import cover
from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from tests.support import shop
from tests.support.cluster import Cluster
from tests.support.databases import POSTGRESQL, postgresql_only, sqlite_only
from tests.support.movers import MoverProcess, moving_in_here, wait_for_log
from tests.support.services import Proxy
from tests.support.triggers import TABLES, install_all

MOVERS, WRITES = 2, 60

FAILED = "Notes of triggers can't be moved"
AGAIN = "Notes of triggers can be moved again"


@pytest.fixture
def outside(engine: Engine) -> Iterator[Engine]:
    """Somebody who knows nothing of the program, on tables with triggers."""
    install_all(engine)
    outside = sa.create_engine(engine.url)
    yield outside
    outside.dispose()


def write(outside: Engine, numbers: range) -> None:
    for number in numbers:
        with outside.begin() as connection:
            connection.execute(sa.text(f"INSERT INTO customer (name) VALUES ('c{number}')"))
        time.sleep(0.002)


def names(engine: Engine) -> list[str]:
    """Return the names of those who were logged, in order; fail for a number that's missing."""
    with engine.connect() as connection:
        changes = log.read(connection, 0, limit=100_000)
    assert [each.seq for each in changes] == [*range(1, 1 + len(changes))]
    return [each.after["name"] for each in changes if each.after]


def test_another_takes_over_from_a_mover_that_is_killed(
    engine: Engine, database: str, outside: Engine, tmp_path: Path
) -> None:
    movers = [MoverProcess(database, tmp_path / f"mover{n}") for n in range(MOVERS)]
    try:
        for each in movers:
            each.wait_until_it_runs()
        alive = [*movers]
        for number in range(MOVERS):
            before = [each.moved for each in alive]
            write(outside, range(number * WRITES, (number + 1) * WRITES))
            wait_for_log(engine, (number + 1) * WRITES)
            at_work = [
                each for each, moved in zip(alive, before, strict=True) if each.moved > moved
            ]
            assert at_work and (len(at_work) == 1 or not POSTGRESQL)
            at_work[0].kill()
            alive.remove(at_work[0])
    finally:
        for each in movers:
            each.kill()
    assert names(engine) == [f"c{number}" for number in range(MOVERS * WRITES)]


def test_a_mover_that_is_killed_in_the_middle(
    engine: Engine, database: str, outside: Engine, tmp_path: Path
) -> None:
    """Notes are taken away in the transaction that logs them."""
    with outside.begin() as connection:
        values = [{"name": f"c{number}"} for number in range(3000)]
        connection.execute(sa.text("INSERT INTO customer (name) VALUES (:name)"), values)
        if POSTGRESQL:  # As if of different transactions, so that they don't stay in one piece.
            connection.execute(sa.text("UPDATE dashboard_change_note SET transaction = id"))
    first = MoverProcess(database, tmp_path / "first")
    try:
        first.wait_until_it_runs()
        while first.moved < 1:
            time.sleep(0.001)
    finally:
        first.kill()
    with moving_in_here(engine):
        wait_for_log(engine, 3000)
    assert names(engine) == [f"c{number}" for number in range(3000)]
    assert 0 < first.moved < 3000 / 20


@postgresql_only
def test_postgresql_cannot_be_reached(
    engine: Engine, database: str, outside: Engine, caplog: Any
) -> None:
    caplog.set_level("INFO")
    with Proxy(database) as proxy:
        far = make_engine(proxy.url.replace("postgresql://", "postgresql+psycopg://"))
        with moving_in_here(far):
            for number in range(2):
                write(outside, range(number * 10, number * 10 + 5))
                wait_for_log(engine, number * 10 + 5)
                proxy.cut()
                write(outside, range(number * 10 + 5, number * 10 + 10))
                time.sleep(1)
                assert caplog.text.count(FAILED) == number + 1
                proxy.mend()
                wait_for_log(engine, number * 10 + 10)
        far.dispose()
    assert caplog.text.count(AGAIN) == 2
    assert names(engine) == [f"c{number}" for number in range(20)]


@pytest.mark.database
@postgresql_only
def test_a_transaction_that_is_prepared_and_a_server_that_crashes(caplog: Any) -> None:
    caplog.set_level("INFO")
    with Cluster(max_prepared_transactions=5) as cluster:
        engine = make_engine(cluster.url)
        upgrade(engine)
        shop.Base.metadata.create_all(engine)
        cover(engine, TABLES()["customer"])
        outside = sa.create_engine(engine.url, isolation_level="AUTOCOMMIT")

        def run(*statements: str) -> None:
            with outside.connect() as connection:
                for each in statements:
                    connection.exec_driver_sql(each)

        with moving_in_here(engine):
            for name in ("one", "two"):
                insert = f"INSERT INTO customer (name) VALUES ('{name}')"
                run("BEGIN", insert, f"PREPARE TRANSACTION '{name}'")
            run("INSERT INTO customer (name) VALUES ('soon')")
            wait_for_log(engine, 1)
            cluster.kill()
            time.sleep(1)
            cluster.start()
            outside.dispose()
            engine.dispose()
            run("COMMIT PREPARED 'two'")
            wait_for_log(engine, 2)
            run("ROLLBACK PREPARED 'one'")
            run("INSERT INTO customer (name) VALUES ('last')")
            wait_for_log(engine, 3)
        assert names(engine) == ["soon", "two", "last"]
        engine.dispose()
        outside.dispose()
    assert caplog.text.count(FAILED) == caplog.text.count(AGAIN) == 1


@sqlite_only
def test_somebody_holds_the_write_lock(engine: Engine, outside: Engine, caplog: Any) -> None:
    caplog.set_level("INFO")
    url = engine.url.render_as_string()
    impatient = make_engine(url, connect_args={"timeout": 0.1})
    with moving_in_here(impatient), closing(sqlite3.connect(engine.url.database or "")) as holder:
        write(outside, range(5))
        wait_for_log(engine, 5)
        holder.execute("INSERT INTO customer (name) VALUES ('c5')")
        holder.commit()
        holder.execute("BEGIN IMMEDIATE")
        time.sleep(2)
        assert caplog.text.count(FAILED) == 1
        holder.execute("INSERT INTO customer (name) VALUES ('c6')")
        holder.commit()
        wait_for_log(engine, 7)
    impatient.dispose()
    assert caplog.text.count(FAILED) == caplog.text.count(AGAIN) == 1
    assert names(engine) == [f"c{number}" for number in range(7)]


@sqlite_only
def test_a_full_disk_loses_nothing(engine: Engine, outside: Engine, caplog: Any) -> None:
    caplog.set_level("INFO")
    with outside.begin() as connection:
        names_ = [{"name": f"c{number}" + "x" * 3000} for number in range(30)]
        connection.execute(sa.text("INSERT INTO customer (name) VALUES (:name)"), names_)
    full = make_engine(engine.url.render_as_string())
    pages = [0]

    def limit(raw: Any, record: Any) -> None:
        cursor = raw.cursor()
        if not pages[0]:
            (pages[0],) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages[0] + 3}")

    event.listen(full, "connect", limit)
    with moving_in_here(full):
        time.sleep(1)
        assert caplog.text.count(FAILED) == 1
        assert "dropped" not in caplog.text
        pages[0] = 100_000
        full.dispose()
        wait_for_log(engine, 30)
    full.dispose()
    assert names(engine) == [each["name"] for each in names_]

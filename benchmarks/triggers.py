"""What triggers cost those who write: an INSERT of 100,000 rows, and writers at full speed.

    python -m benchmarks.triggers [--rows 100000] [--seconds 30] [--writers 4]

The first table is of one statement, INSERT ... SELECT, and of 100,000 by a driver. Then processes
of their own write single rows as fast as they can while the program moves what is noted: nothing
may be lost, and it is measured how long their transactions take, with and without a mover, and
how far behind the log is. On PostgreSQL no outside writer may wait for a lock that ours holds,
also while the program prunes its log, installs and removes triggers of another table, and its
sessions edit. PostgreSQL is that of DASHBOARD_TEST_POSTGRESQL.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from sqlalchemy import Engine

from benchmarks.outside import Disturbers, Holds, Sampler, beside, writers
from benchmarks.report import percentile
from dashboard.changes import log
from dashboard.changes.triggers.covering import cover
from dashboard.changes.triggers.install import staging_of
from dashboard.changes.triggers.mover import Mover
from dashboard.changes.triggers.moving import Moving
from dashboard.changes.triggers.noted import noted_tables
from dashboard.changes.triggers.wakers import waker_for
from dashboard.models.engine import make_engine, reader_of
from dashboard.models.migrations import upgrade
from tests.support.databases import Databases
from tests.support.services import ADDRESSES

METADATA = sa.MetaData()
READING = sa.Table(
    "reading",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("email", sa.String(200)),
    sa.Column("total", sa.Numeric),
    sa.Column("note", sa.Text),
    sa.Column("placed", sa.DateTime),
)
TABLES = noted_tables(lambda: dict(METADATA.tables))
OTHER = sa.Table(
    "other", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text)
)
ROUNDS = 3
ALL = "on, and all else"

SELECT = {
    "sqlite": "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {rows}) "
    "INSERT INTO reading SELECT i, 'name ' || i, 'e' || i || '@example.org', i / 4.0, "
    "'some text ' || i, '2024-01-01 10:00:00.000000' FROM s",
    "postgresql": "INSERT INTO reading SELECT i, 'name ' || i, 'e' || i || '@example.org', "
    "i / 4.0, 'some text ' || i, timestamp '2024-01-01 10:00' FROM generate_series(1, {rows}) i",
}


def fresh(databases: Databases) -> Engine:
    engine = make_engine(databases.make())
    upgrade(engine)
    METADATA.create_all(engine)
    return engine


def insert_select(engine: Engine, rows: int) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(SELECT[engine.dialect.name].format(rows=rows))


def insert_many(engine: Engine, rows: int) -> None:
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    values = [(n, f"n {n}", f"e{n}@example.org", n / 4, f"t {n}", "2024-01-01 10:00:00.000000")
              for n in range(rows)]  # fmt: skip
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        cursor.executemany(f"INSERT INTO reading VALUES ({', '.join([mark] * 6)})", values)


def best(engine: Engine, insert: Callable[[Engine, int], None], rows: int) -> float:
    """Return the least seconds of some rounds, each into an empty table."""
    taken = []
    for _ in range(ROUNDS):
        with engine.begin() as connection:
            connection.execute(sa.delete(READING))
            connection.execute(sa.text("DELETE FROM dashboard_change_note"))
        began = time.perf_counter()
        insert(engine, rows)
        taken.append(time.perf_counter() - began)
    return min(taken)


def compare(databases: Databases, name: str, rows: int) -> None:
    for how in (insert_select, insert_many):
        engine = fresh(databases)
        plain = best(engine, how, rows)
        cover(engine, TABLES()["reading"])
        noted = best(engine, how, rows)
        print(f"| {name} | {how.__name__} | {plain * 1000:.0f} ms | {noted * 1000:.0f} ms | "
              f"{noted / plain:.2f} |", flush=True)  # fmt: skip
        engine.dispose()


def full_speed(databases: Databases, name: str, writing: int, seconds: float, mover: str) -> None:
    """``mover`` is off, on, or ``and all else``: then the program does what else it does as well.

    Fails where a change isn't logged, and where an outside writer of PostgreSQL waited for us.
    """
    engine = fresh(databases)
    url = engine.url.render_as_string(hide_password=False)
    cover(engine, TABLES()["reading"])
    holds = Holds(engine)
    moved = mover != "off"
    mover_ = Mover(Moving(engine, TABLES, lambda appended: None), lambda: waker_for(engine, TABLES))
    watching = make_engine(url)
    sampler = Sampler(watching)
    others = Disturbers(url, READING, TABLES()["other"])
    runs = [sampler.run] if name == "PostgreSQL" else []
    if mover == ALL:
        runs += [others.prune, others.cover, others.edit]
    if moved:
        mover_.start()
    with beside(*runs):
        taken = writers(url, writing, seconds)
    ended = time.monotonic()
    backlog, _ = lag(watching)
    while moved and lag(watching)[1] >= 1.0:
        time.sleep(0.05)
    behind = time.monotonic() - ended if moved else 0.0
    while moved and lag(watching)[0]:
        time.sleep(0.05)
    mover_.stop()
    with reader_of(engine).connect() as connection:
        head = log.head(connection).seq
    if moved and head != len(taken) + others.logged:
        raise SystemExit(f"{len(taken) + others.logged} changes were written, {head} logged.")
    if sampler.by_ours:
        raise SystemExit(f"Outside writers waited for ours: {sampler.by_ours[:3]}")
    locked = f"0 of {sampler.samples:,} ({sampler.by_outside:,})" if sampler.samples else ""
    print(f"| {name} | {mover} | {len(taken) / seconds:,.0f} | {spread(taken)} | "
          f"{spread(holds.transactions)} | {spread(holds.commits)} | {locked} | {backlog:,} | "
          f"{behind:.1f} s |", flush=True)  # fmt: skip
    for each in (engine, watching):
        each.dispose()
    others.close()


def spread(seconds: Sequence[float]) -> str:
    """Return the median, the 99th percentile and the most, in milliseconds."""
    if len(seconds) < 2:
        return ""
    times = [each * 1000 for each in seconds]
    return f"{median(times):.2f}, {percentile(times, 99):.2f}, {max(times):,.0f} ms"


def lag(engine: Engine) -> tuple[int, float]:
    """Return how many notes wait, and for how many seconds the oldest has."""
    with reader_of(engine).connect() as connection:
        found = staging_of(connection).get("reading")
    if found is None or found.oldest is None:
        return 0, 0.0
    return found.notes, time.time() - found.oldest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--writers", type=int, default=4)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    both = [
        ("SQLite", Databases(folder, "")),
        ("PostgreSQL", Databases(folder, ADDRESSES["postgresql"])),
    ]
    print("| database | how | without | with triggers | times |\n| --- | --- | --- | --- | --- |")
    for name, databases in both:
        if given.rows:
            compare(databases, name, given.rows)
    if not given.seconds:
        return
    print("\n| database | mover | changes/s | a change: p50, p99, max | a move: p50, p99, max | "
          "its COMMIT | samples with a wait for ours (for others) | waiting at the end | "
          "less than 1 s behind after |\n|" + " --- |" * 9)  # fmt: skip
    for name, databases in both:
        for mover in ("off", "on", ALL)[: 3 if name == "PostgreSQL" else 2]:
            full_speed(databases, name, given.writers, given.seconds, mover)
    for _, databases in both:
        with suppress(Exception):
            databases.close()


if __name__ == "__main__":
    main()

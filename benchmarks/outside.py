"""Writers that know nothing of the program, what may keep them waiting, and whether it does."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine, event
from sqlalchemy.orm import sessionmaker

from dashboard.changes import backplane_of, install
from dashboard.changes.retention import Retention
from dashboard.changes.triggers.covering import cover, uncover
from dashboard.changes.triggers.noted import Noted
from dashboard.models.engine import make_engine

OUTSIDE = "outside"
"""What PostgreSQL calls the writers' connections."""

SAMPLE, PAUSE = 0.003, 0.1
"""Seconds between samples of who waits, and between the rounds of each of those who disturb."""

PROCESSES = multiprocessing.get_context("spawn")


def write(url: str, writer: int, seconds: float, results: Any) -> None:
    """Insert and update single rows, each in a transaction; tell how long each took."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        connection: Any = sqlite3.connect(parsed.database or "", timeout=60, isolation_level=None)
        mark = "?"
    else:
        import psycopg

        plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(plain, autocommit=True, application_name=OUTSIDE)
        mark = "%s"
    insert = f"INSERT INTO reading (id, name) VALUES ({mark}, 'new')"
    update = f"UPDATE reading SET note = 'x' WHERE id = {mark}"
    taken = []
    until = time.monotonic() + seconds
    number = 0
    while time.monotonic() < until:
        key = writer * 10_000_000 + number
        for statement in (insert, update):
            began = time.perf_counter()
            connection.execute(statement, (key,))
            taken.append(time.perf_counter() - began)
        number += 1
    connection.close()
    results.put(taken)


def writers(url: str, count: int, seconds: float) -> list[float]:
    """Let some write at once; return how many seconds each change took."""
    results: Any = PROCESSES.Queue()
    processes = [
        PROCESSES.Process(target=write, args=(url, number, seconds, results))
        for number in range(count)
    ]
    for each in processes:
        each.start()
    taken = [one for _ in processes for one in results.get()]
    for each in processes:
        each.join()
    return taken


class Holds:
    """How many seconds an engine's transactions took, and their COMMITs alone."""

    def __init__(self, engine: Engine) -> None:
        self.transactions: list[float] = []
        self.commits: list[float] = []
        self._begun = threading.local()
        self._commit: Callable[[Any], None] = engine.dialect.do_commit
        # SQLite's BEGIN has got the lock then.
        event.listen(engine, "begin", self._begin)
        engine.dialect.do_commit = self._do_commit  # type: ignore[assignment]

    def _begin(self, connection: Any) -> None:
        self._begun.at = time.perf_counter()

    def _do_commit(self, raw: Any) -> None:
        began = time.perf_counter()
        self._commit(raw)
        ended = time.perf_counter()
        self.commits.append(ended - began)
        self.transactions.append(ended - self._begun.at)


_WAITING = sa.text(
    "SELECT waiting.pid, blocking.application_name = :outside AS by_outside, blocking.query "
    "FROM pg_stat_activity waiting, unnest(pg_blocking_pids(waiting.pid)) AS pid "
    "JOIN pg_stat_activity blocking USING (pid) WHERE waiting.datname = current_database() "
    "AND waiting.wait_event_type = 'Lock' AND waiting.application_name = :outside"
)


class Sampler:
    """Looks again and again which of PostgreSQL's outside writers wait for whom."""

    def __init__(self, engine: Engine) -> None:
        self.samples = self.by_outside = 0
        self.by_ours: list[str] = []
        """What those were doing for whom an outside writer was waiting."""
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    def run(self, stopping: threading.Event) -> None:
        with self._engine.connect() as connection:
            while not stopping.wait(SAMPLE):
                self.samples += 1
                for row in connection.execute(_WAITING, {"outside": OUTSIDE}):
                    if row.by_outside:
                        self.by_outside += 1
                    else:
                        self.by_ours.append(row.query)


class Disturbers:
    """Whatever else the program does: it prunes, installs and removes triggers of another table,
    and its sessions edit, telling other processes of it. ``logged`` counts their changes."""

    def __init__(self, url: str, reading: sa.Table, other: Noted) -> None:
        self.logged = 0
        self._reading = reading
        self._other = other
        self._engine = make_engine(url)
        self._retention = Retention(self._engine, days=30, keep=1000)
        self._sessions = sessionmaker(self._engine)
        self._backplane = backplane_of("postgresql://", url)
        install(self._sessions, backplane=self._backplane)

    def prune(self, stopping: threading.Event) -> None:
        while not stopping.wait(PAUSE):
            self._retention.prune()

    def cover(self, stopping: threading.Event) -> None:
        while not stopping.wait(PAUSE):
            cover(self._engine, self._other)
            uncover(self._engine, self._other)

    def edit(self, stopping: threading.Event) -> None:
        while not stopping.wait(PAUSE / 10):
            with self._sessions.begin() as session:
                for table in (self._reading, self._other.table):
                    session.execute(sa.insert(table).values(id=-1 - self.logged, name="ours"))
                    self.logged += 1

    def close(self) -> None:
        self._backplane.close()
        self._engine.dispose()


@contextmanager
def beside(*runs: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run them in threads meanwhile; raise what one of them has raised."""
    stopping = threading.Event()
    failed: list[BaseException] = []

    def keep(run: Callable[[threading.Event], None]) -> None:
        try:
            run(stopping)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=keep, args=(run,)) for run in runs]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        stopping.set()
        for each in threads:
            each.join()
    if failed:
        raise failed[0]

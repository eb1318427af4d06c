"""Commits a second with capture on and off, on SQLite and PostgreSQL, by 1 and 8 writers.

    python -m benchmarks.commit [--seconds 2] [--rounds 5]

A commit adds a flight to the demo's board, or edits one: reads it, and sets its status and delay.
The writers are threads of one process, without any pause. Capture is off and on by turns; the
figures are medians of the rounds. PostgreSQL is that of DASHBOARD_TEST_POSTGRESQL.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.machine import describe
from dashboard.changes import install
from dashboard.demo.day import records
from dashboard.demo.load import flight, load
from dashboard.demo.models import STATUSES, Flight
from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from tests.support.databases import Databases
from tests.support.services import ADDRESSES

Sessions = sessionmaker[Any]
Commit = Callable[[Session, int, int], None]


def add(session: Session, writer: int, number: int) -> None:
    session.add(flight(DAY[(writer * 101 + number) % len(DAY)]))


def edit(session: Session, writer: int, number: int) -> None:
    # Each writer has flights of its own: what is measured isn't who waits for whose row.
    found = session.get_one(Flight, 1 + (writer * 100 + number % 100) % len(DAY))
    found.status = STATUSES[number % len(STATUSES)]
    found.delay = number % 300


COMMITS: dict[str, Commit] = {"add a flight": add, "edit a flight": edit}
DAY = list(records())


def rate(sessions: Sessions, commit: Commit, writers: int, seconds: float) -> float:
    """Return the commits in a second that so many writers make."""
    counts = [0] * writers
    until = time.monotonic() + seconds

    def write(writer: int) -> None:
        with sessions() as session:
            number = session.scalar(select(func.max(Flight.id))) or 0
        while time.monotonic() < until:
            with sessions.begin() as session:
                commit(session, writer, number + counts[writer])
            counts[writer] += 1

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


@contextmanager
def sessions_of(databases: Databases, captured: bool) -> Iterator[Sessions]:
    """Give sessions on a database with the flight board in it."""
    url = databases.make()
    engine = make_engine(url)
    upgrade(engine)
    sessions = sessionmaker(engine)
    load(sessions)
    if captured:
        install(sessions)
    yield sessions
    engine.dispose()
    databases.drop(url)


def measure(databases: Databases, given: argparse.Namespace) -> Iterator[tuple[Any, ...]]:
    """Yield what is committed, by how many writers, and the rates without and with capture."""
    with sessions_of(databases, False) as plain, sessions_of(databases, True) as captured:
        for name, commit in COMMITS.items():
            for writers in (1, 8):
                rates = [
                    [rate(each, commit, writers, given.seconds) for each in (plain, captured)]
                    for _ in range(given.rounds)
                ]
                yield name, writers, *(statistics.median(each) for each in zip(*rates, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(describe())
    print("| database | commit | writers | without capture | with capture | times |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for name, server in (("SQLite", ""), ("PostgreSQL", ADDRESSES["postgresql"])):
        databases = Databases(Path(tempfile.mkdtemp()), server)
        for what, writers, plain, captured in measure(databases, given):
            print(f"| {name} | {what} | {writers} | {plain:.0f} | {captured:.0f} | "
                  f"{plain / captured:.2f} |", flush=True)  # fmt: skip
        databases.close()


if __name__ == "__main__":
    main()

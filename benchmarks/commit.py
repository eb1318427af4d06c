"""Commits a second with capture on and off, on SQLite and PostgreSQL, by 1 and 8 writers.

    python -m benchmarks.commit --seconds 5

Each commit inserts one row; the writers are threads of one process, without any pause.
PostgreSQL is that of DASHBOARD_TEST_POSTGRESQL.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import threading
import time
from pathlib import Path

from sqlalchemy.orm import sessionmaker

from dashboard.changes import install
from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from tests.support import shop
from tests.support.databases import Databases
from tests.support.services import ADDRESSES


def rate(databases: Databases, writers: int, captured: bool, seconds: float) -> float:
    """Return the commits in a second that so many writers make."""
    url = databases.make()
    engine = make_engine(url)
    upgrade(engine)
    shop.Base.metadata.create_all(engine)
    sessions = sessionmaker(engine)
    if captured:
        install(sessions)
    counts = [0] * writers
    until = time.monotonic() + seconds

    def write(writer: int) -> None:
        for number in itertools.count():
            if time.monotonic() >= until:
                return
            with sessions.begin() as session:
                session.add(shop.Tag(name=f"{writer}-{number}"))
            counts[writer] += 1

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    databases.drop(url)
    return sum(counts) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    print("| database | writers | without capture | with capture | times |")
    print("| --- | --- | --- | --- | --- |")
    for name, server in (("SQLite", ""), ("PostgreSQL", ADDRESSES["postgresql"])):
        databases = Databases(Path(tempfile.mkdtemp()), server)
        for writers in (1, 8):
            plain = rate(databases, writers, False, given.seconds)
            captured = rate(databases, writers, True, given.seconds)
            print(f"| {name} | {writers} | {plain:.0f} | {captured:.0f} | "
                  f"{plain / captured:.2f} |", flush=True)  # fmt: skip
        databases.close()


if __name__ == "__main__":
    main()

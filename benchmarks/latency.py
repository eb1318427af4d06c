"""From a commit in one process to a watcher of another, one commit at a time and nothing beside it.

    python -m benchmarks.latency --backplane redis://127.0.0.1:6379

This process commits by a plain session that announces on the backplane; a server process hears of
it, reads the log, and tells a client of ``/changes`` and a page that shows the table. The time is
from the moment at which the database has committed until the client has read the event.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from sqlalchemy import event
from sqlalchemy.orm import sessionmaker

from benchmarks.report import Busy, median, percentile
from dashboard.changes import backplane_of, install
from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from tests.support import shop
from tests.support.databases import Databases
from tests.support.process import ServerProcess
from tests.support.services import ADDRESSES
from tests.support.sse import EventStream

BACKPLANES = ("postgresql://", ADDRESSES["redis"], ADDRESSES["amqp"])
WARM_UP = 20
"""Commits that aren't counted: connections are made, statements compiled."""

WATCHED = {"the feed": ("/changes", "change"), "a page": ("/stream?view=/tables/tag", "patch")}


class Watcher(threading.Thread):
    """Notes when each event came; a page's first is the page as a whole."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(daemon=True)
        path, self.event = WATCHED[name]
        self.stream = EventStream(urljoin(url, path), timeout=60)
        self.came = threading.Semaphore(0)
        self.at = 0.0

    def run(self) -> None:
        # What http.client raises when its connection is closed by another thread is its own affair.
        with suppress(OSError, ValueError, AttributeError):
            for _ in self.stream.only(self.event):
                self.at = time.perf_counter()
                self.came.release()

    def wait(self) -> float:
        if not self.came.acquire(timeout=30):
            raise RuntimeError(f"No {self.event} came.")
        return self.at


def measure(database: str, backplane: str, commits: int) -> dict[str, list[float]]:
    """Return the milliseconds that each watcher waited, by its name."""
    sessions = sessionmaker(make_engine(database))
    announcing = backplane_of(backplane, database)
    install(sessions, backplane=announcing)
    committed = 0.0

    def note(session: Any) -> None:
        nonlocal committed
        committed = time.perf_counter()

    event.listen(sessions, "after_commit", note, insert=True)
    times: dict[str, list[float]] = {name: [] for name in WATCHED}
    with ServerProcess(database, backplane=backplane, poll=30, heartbeat=30) as server:
        for name in WATCHED:
            watcher = Watcher(server.url, name)
            watcher.start()
            if watcher.event == "patch":
                watcher.wait()
            for number in range(-WARM_UP, commits):
                time.sleep(0.02 + random.random() * 0.08)
                with sessions.begin() as session:
                    session.add(shop.Tag(name=f"{name} {number}"))
                waited = watcher.wait() - committed
                if number >= 0:
                    times[name].append(1000 * waited)
            watcher.stream.close()
    announcing.close()
    sessions.kw["bind"].dispose()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backplane", action="append", help="one or more; all unless given")
    parser.add_argument("--commits", type=int, default=200)
    given = parser.parse_args()
    print("| backplane | watcher | median | 95 % | worst | machine busy |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for backplane in given.backplane or BACKPLANES:
        databases = Databases(Path(tempfile.mkdtemp()), ADDRESSES["postgresql"])
        database = databases.make()
        engine = make_engine(database)
        upgrade(engine)
        shop.Base.metadata.create_all(engine)
        engine.dispose()
        busy = Busy()
        try:
            found = measure(database, backplane, given.commits)
        finally:
            databases.close()
        for name, times in found.items():
            print(
                f"| {backplane.partition(':')[0]} | {name} | {median(times):.1f} ms | "
                f"{percentile(times, 95):.1f} ms | {max(times):.0f} ms | {busy.share():.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

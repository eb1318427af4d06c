"""Several server processes on PostgreSQL: every subscriber of each sees 1..n once, in order.

    python -m benchmarks.several --backplane redis://127.0.0.1:6379 --commits 5000
    python -m benchmarks.several --backplane redis://127.0.0.1:6379 --cuts 20
    python -m benchmarks.several --backplane postgresql:// --kills 20

``--cuts`` breaks the backplane's connections that often while they write, for half a second each;
``--kills`` ends one of the servers by SIGKILL and starts it again. Ends with status 1 where
anything is lost, comes twice or late, or a commit fails.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from http.client import HTTPException
from pathlib import Path

from sqlalchemy.orm import sessionmaker

from dashboard.changes import backplane_of, install
from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from tests.support import shop
from tests.support.databases import Databases
from tests.support.process import ServerProcess
from tests.support.services import ADDRESSES, Proxy
from tests.support.sse import EventStream

WRITERS = 8
POLL = 2.0


class Subscriber(threading.Thread):
    """A client of ``/changes``, of any of the servers, which comes back by its last id."""

    def __init__(self, urls: list[str], commits: int, times: dict[str, float]) -> None:
        super().__init__(daemon=True)
        self.urls, self.commits, self.times = urls, commits, times
        self.seen: list[int] = []
        self.delays: list[float] = []
        self.connected = threading.Event()
        self.resets = 0

    def run(self) -> None:
        last = None
        turn = 0
        while len(self.seen) < self.commits:
            url = self.urls[turn % len(self.urls)]
            turn += 1
            try:
                headers = {} if last is None else {"Last-Event-ID": last}
                with EventStream(f"{url}/changes", headers, timeout=60) as stream:
                    for event in stream:
                        self.connected.set()
                        last = event.id or last
                        self.resets += event.event == "reset"
                        if event.event == "change":
                            self._take(event.data)
                        if len(self.seen) >= self.commits:
                            return
            except (OSError, HTTPException, AttributeError):
                time.sleep(0.05)

    def _take(self, change: dict[str, object]) -> None:
        now = time.monotonic()
        self.seen.append(int(str(change["seq"])))
        committed = self.times.get(str(change["key"][0]))  # type: ignore[index]
        self.delays.append(0.0 if committed is None else now - committed)


def write(database: str, backplane: str, commits: int, times: dict[str, float]) -> list[str]:
    """Commit from eight threads, one commit in ten rolled back first; return what failed."""
    sessions = sessionmaker(make_engine(database))
    install(sessions, backplane=backplane_of(backplane, database))
    failures: list[str] = []

    def one(writer: int) -> None:
        dice = random.Random(writer)
        for number in range(writer, commits, WRITERS):
            name = f"t{number}"
            try:
                with sessions() as session:
                    session.add(shop.Tag(name=name))
                    session.flush()
                    time.sleep(dice.random() * 0.02)
                    if dice.random() < 0.1:
                        session.rollback()
                        session.add(shop.Tag(name=name))
                    session.commit()
                    times[name] = time.monotonic()
            except Exception as error:
                failures.append(f"{name}: {error}")

    threads = [threading.Thread(target=one, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backplane", default="postgresql://")
    parser.add_argument("--commits", type=int, default=5000)
    parser.add_argument("--subscribers", type=int, default=3, help="for each server")
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--kills", type=int, default=0)
    given = parser.parse_args()
    databases = Databases(Path(tempfile.mkdtemp()), ADDRESSES["postgresql"])
    database = databases.make()
    engine = make_engine(database)
    upgrade(engine)
    shop.Base.metadata.create_all(engine)
    engine.dispose()
    bare = given.backplane == "postgresql://"
    proxy = Proxy(database if bare else given.backplane)
    try:
        return run(given, database, proxy)
    finally:
        proxy.close()
        databases.close()


def run(given: argparse.Namespace, database: str, proxy: Proxy) -> int:
    settings = {"backplane": proxy.url, "poll": POLL, "heartbeat": 5}
    servers = [ServerProcess(database, **settings) for _ in range(2)]
    times: dict[str, float] = {}
    done = threading.Event()
    for server in servers:
        server.start()
    try:
        urls = [server.url for server in servers]
        subscribers = [
            Subscriber(urls[n:] + urls[:n] if given.kills else [urls[n]], given.commits, times)
            for n in (0, 1)
            for _ in range(given.subscribers)
        ]
        for each in subscribers:
            each.start()
        time.sleep(1)
        trouble = threading.Thread(target=disturb, args=(given, proxy, servers, done))
        trouble.start()
        started = time.monotonic()
        failures = write(database, proxy.url, given.commits, times)
        took = time.monotonic() - started
        done.set()
        trouble.join()
        for each in subscribers:
            each.join(timeout=60)
    finally:
        for server in servers:
            server.kill()
    wanted = list(range(1, given.commits + 1))
    wrong = [each for each in subscribers if each.seen != wanted or each.resets]
    delays = sorted(delay for each in subscribers for delay in each.delays)
    whole = len(subscribers) - len(wrong)
    print(
        f"{given.backplane.partition(':')[0]}: {given.commits} commits in {took:.1f} s, "
        f"{len(failures)} failed; {whole} of {len(subscribers)} subscribers saw each once and in "
        f"order; delay median {1000 * statistics.median(delays):.1f} ms, "
        f"99 % {1000 * delays[len(delays) * 99 // 100]:.0f} ms, worst {delays[-1]:.2f} s"
    )
    late = not given.kills and delays[-1] > POLL + 1
    return int(bool(failures or wrong or late))


def disturb(
    given: argparse.Namespace, proxy: Proxy, servers: list[ServerProcess], done: threading.Event
) -> None:
    for number in range(given.cuts + given.kills):
        if done.wait(random.random() * 0.5):
            print(f"only {number} disturbances: give more --commits")
            return
        if given.cuts:
            proxy.cut()
            done.wait(0.5)
            proxy.mend()
        else:
            servers[number % 2].kill()
            servers[number % 2].start()


if __name__ == "__main__":
    sys.exit(main())

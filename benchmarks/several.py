"""Several server processes on PostgreSQL: every subscriber of each sees 1..n once, in order.

    python -m benchmarks.several --backplane redis --commits 5000
    python -m benchmarks.several --backplane redis --cuts 20
    python -m benchmarks.several --backplane redis --restarts 20
    python -m benchmarks.several --backplane postgresql --kills 20

``--cuts`` breaks the backplane's connections that often while they write, for half a second each;
``--restarts`` takes a backplane server of its own, kills it and starts it again; ``--kills`` ends
one of the servers by SIGKILL and starts it again. They write until that is over. Ends with status
1 where anything is lost, comes twice or late, or a commit fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from benchmarks.report import Busy, median, percentile
from benchmarks.subscriber import Subscriber
from benchmarks.trouble import Befall, Trouble, cuts, kills, restarts
from benchmarks.writers import Writers
from dashboard.changes import LOCAL_POLL, POLL
from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from tests.support import shop
from tests.support.databases import Databases
from tests.support.process import ServerProcess
from tests.support.services import ADDRESSES

REST = 1.0
"""Seconds between two troubles, about."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--backplane", default="postgresql", choices=["local", "postgresql", "redis", "amqp"]
    )
    parser.add_argument("--commits", type=int, default=5000)
    parser.add_argument("--subscribers", type=int, default=3, help="for each server")
    troubles = parser.add_mutually_exclusive_group()
    for trouble in ("--cuts", "--restarts", "--kills"):
        troubles.add_argument(trouble, type=int, default=0, metavar="TIMES")
    given = parser.parse_args()
    databases = Databases(Path(tempfile.mkdtemp()), ADDRESSES["postgresql"])
    database = databases.make()
    engine = make_engine(database)
    upgrade(engine)
    shop.Base.metadata.create_all(engine)
    try:
        with backplane(given, database) as (url, befall):
            return run(given, database, url, befall)
    finally:
        engine.dispose()
        databases.close()


@contextmanager
def backplane(given: argparse.Namespace, database: str) -> Iterator[tuple[str, Befall | None]]:
    """Yield the backplane's URL, and what befalls it."""
    url = {**ADDRESSES, "local": "local", "postgresql": database}[given.backplane]
    if given.cuts:
        with cuts(url) as found:
            yield found
    elif given.restarts:
        with restarts(given.backplane) as found:
            yield found
    else:
        yield url, None


def run(given: argparse.Namespace, database: str, url: str, befall: Befall | None) -> int:
    poll = LOCAL_POLL if given.backplane == "local" else POLL
    servers = [ServerProcess(database, backplane=url, poll=poll, heartbeat=5) for _ in range(2)]
    times = given.cuts + given.restarts + given.kills
    trouble = Trouble(befall or kills(servers), times, REST)
    for server in servers:
        server.start()
    try:
        writers = Writers(database, url, given.commits, trouble.over)
        subscribers = list(subscribe(given, [server.url for server in servers], writers))
        time.sleep(1)
        busy, started = Busy(), time.monotonic()
        trouble.start()
        writers.run()
        took = time.monotonic() - started
        commits = len(writers.times)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and any(len(one.seen) < commits for one in subscribers):
            time.sleep(0.1)
        for each in subscribers:
            each.end()
        for each in subscribers:
            each.join(timeout=20)
    finally:
        for server in servers:
            server.kill()
    wrong = [one for one in subscribers if one.seen != [*range(1, commits + 1)] or one.resets]
    delays = [delay for one in subscribers for delay in one.delays]
    whole, rows = len(subscribers) - len(wrong), stored(database)
    print(
        f"{given.backplane}: {commits} commits in {took:.1f} s, {len(writers.failures)} failed, "
        f"{trouble.times} times trouble; {rows} rows stored; {whole} of "
        f"{len(subscribers)} subscribers saw each once and in order; delay median "
        f"{1000 * median(delays):.1f} ms, 99 % {1000 * percentile(delays, 99):.0f} ms, worst "
        f"{max(delays):.2f} s; machine {busy.share():.0%} busy"
    )
    late = not given.kills and max(delays) > poll + 1
    lost = rows != commits or trouble.times != times
    return int(bool(writers.failures or wrong or late or lost))


def subscribe(given: argparse.Namespace, urls: list[str], writers: Writers) -> Iterator[Subscriber]:
    """Start the subscribers of each server; where servers are killed, they take the other."""
    for number in range(len(urls)):
        for _ in range(given.subscribers):
            mine = urls[number:] + urls[:number] if given.kills else [urls[number]]
            subscriber = Subscriber(mine, writers.times)
            subscriber.start()
            yield subscriber


def stored(database: str) -> int:
    engine = make_engine(database)
    with engine.connect() as connection:
        count: int = connection.execute(
            sa.select(sa.func.count()).select_from(shop.Tag)
        ).scalar_one()
    engine.dispose()
    return count or 0


if __name__ == "__main__":
    sys.exit(main())

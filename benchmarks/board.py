"""What many watchers of one board cost; see benchmarks/README.md."""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks import machine
from benchmarks.crowd import Crowd
from benchmarks.kinds import BARE
from benchmarks.process import Kind, Server
from benchmarks.report import Busy, Row, median, milliseconds, percentile, table
from benchmarks.scenarios.many import idle_share, last_client
from benchmarks.servers.board import SMALL
from benchmarks.site import Site

BOARDS = {SMALL: "two tiles and a table of ten", "operations": "the demo's operations board"}
COMMITS = 10
REQUESTS = 50
ROUND = b"\nid: "
"""Each round of patches ends with one that has the cursor."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.board", description=__doc__)
    parser.add_argument("--watchers", type=int, default=10_000)
    given = parser.parse_args()
    machine.pin(machine.CLIENT_CORE)
    machine.raise_file_limit()
    print(machine.describe(), flush=True)
    busy, rows = Busy(), []
    with Server(Kind("ours", "benchmarks.servers.board")) as server:
        for slug in BOARDS:
            rows += board(server, slug, given.watchers)
    print(f"The machine was {busy.share():.0%} busy.", file=sys.stderr)
    print(table(rows))
    return 0


def board(server: Server, slug: str, watchers: int) -> list[Row]:
    page, site = f"/boards/{slug}", Site(server.port)
    with watching(server, page) as one:
        one.connect(1)
        commits(server, one, 2)
        alone, _ = commits(server, one, COMMITS)
    without = percentile([site.time(page) for _ in range(REQUESTS)], 95)
    empty = machine.memory(server.pid)
    with watching(server, page) as crowd:
        crowd.connect(watchers)
        crowd.check(0, quiet=1)
        memory = (machine.memory(server.pid) - empty) / watchers
        idle = idle_share(server, 20)
        crowd.check(0)
        size = Size(crowd)
        commits(server, crowd, 1)
        size.stop()
        evaluated, times = commits(server, crowd, COMMITS)
        beside = percentile([site.time(page) for _ in range(REQUESTS)], 95)
    site.close()
    bare = bare_loop(size.bytes, watchers)
    name = f"{slug}, {watchers:,} watchers"
    last = median(times)
    return [
        Row(f"{name}: evaluations for a commit", "ours", evaluated, "", f"{alone:g} with one"),
        Row(f"{name}: commit to the last", "ours", last, "ms", f"{size.bytes:,} bytes for each"),
        Row(f"{name}: the same bytes", "bare loop, Python", bare, "ms", f"{last / bare:.2f} times"),
        Row(f"{name}: memory for each", "ours", memory / 1024, "KiB", "target: 4 KiB"),
        Row(f"{name}: CPU at rest", "ours", idle * 100, "% of a core", "target: 1"),
        Row(f"{name}: the board's page, p95", "ours", beside, "ms", f"{without:.1f} ms with none"),
    ]


def watching(server: Server, page: str) -> Crowd:
    """Return a crowd that is to watch a board from now on."""
    head = server.ask("head")
    path = f"/stream?view={page}&since={head['epoch']}-{head['seq']}"
    return server.crowd(path, ROUND)


class Size:
    """Counts the bytes that one of the crowd reads, until ``stop``."""

    def __init__(self, crowd: Crowd) -> None:
        self.bytes = 0
        self._running = True
        crowd.watch([next(iter(crowd.counts))], lambda: self._read)

    def _read(self, at: int, count: int, piece: memoryview) -> None:
        self.bytes += len(piece) * self._running

    def stop(self) -> None:
        self._running = False


def commits(server: Server, crowd: Crowd, count: int) -> tuple[float, list[float]]:
    """Return evaluations for each commit, and the ms from before it to the last watcher."""
    before, times = server.ask("head")["evaluations"], []
    for _ in range(count):
        crowd.forget()
        server.tell("commit")
        last = crowd.receive(1, timeout=60)
        times.append(milliseconds(last - server.answer()["began"]))
        time.sleep(0.3)
    return (server.ask("head")["evaluations"] - before) / count, times


def bare_loop(size: int, watchers: int) -> float:
    """Return the ms in which a bare loop sends as many bytes to as many clients."""
    kind = Kind(BARE.name, BARE.module, ("--size", str(size)))
    with Server(kind) as server, server.crowd() as crowd:
        crowd.connect(watchers)
        return last_client(server, crowd)


if __name__ == "__main__":
    sys.exit(main())

"""What 10,000 watchers of a table cost: a page's p95 with and without them, and their memory."""

from __future__ import annotations

from benchmarks import machine
from benchmarks.process import Kind, Server
from benchmarks.report import Row, median, percentile
from benchmarks.site import Site
from benchmarks.size import Size

TABLE = "/tables/place"
REQUESTS = 100
MEASURE = "table page, p95"


def run(kind: Kind, size: Size) -> list[Row]:
    with Server(kind) as server:
        site = Site(server.port)
        path = watching(server)
        with server.crowd(path) as first:
            first.connect(1)
            for _ in range(20):
                site.get(TABLE)
        without = median([p95(site) for _ in range(size.rounds)])
        empty = machine.memory(server.pid)
        with server.crowd(path) as crowd:
            crowd.connect(size.many)
            memory = (machine.memory(server.pid) - empty) / len(crowd)
            beside = median([p95(site) for _ in range(size.rounds)])
        site.close()
    return [
        Row(MEASURE, "ours, no streams", without, "ms", f"{REQUESTS} requests, one at a time"),
        Row(MEASURE, f"ours, {size.many:,} watchers", beside, "ms", "target: ratio at most 1.5"),
        Row("memory per watcher of a page", "ours", memory / 1024, "KiB", "target: 4 KiB"),
    ]


def watching(server: Server) -> str:
    """Return the path of the table's stream from now on."""
    head = server.ask("head")
    return f"/stream?view={TABLE}&since={head['epoch']}-{head['seq']}"


def p95(site: Site) -> float:
    return percentile([site.time(TABLE) for _ in range(REQUESTS)], 95)

"""From the POST of an edit to the last of 1,000 watchers of that table."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.process import Kind, Server
from benchmarks.report import Row, median, percentile
from benchmarks.scenarios.page import TABLE, watching
from benchmarks.site import Site
from benchmarks.size import Size

EDITS = 30
MARKER = b"event: patch\n"
MEASURE = "edit to the last watcher"


def run(kind: Kind, size: Size) -> list[Row]:
    with Server(kind) as server:
        site = Site(server.port)
        site.sign_in()
        with server.crowd(watching(server), MARKER) as crowd:
            crowd.connect(size.some)
            edit(site, 0)
            crowd.receive(1, 30)
            crowd.check(0)
            times = []
            for number in range(1, EDITS + 1):
                crowd.forget()
                began, last = edit(site, number, lambda: crowd.receive(1, 30))
                times.append((last - began) / 1e6)
                time.sleep(0.05)
        site.close()
    note = f"{size.some:,} watchers of {TABLE}; p95 {percentile(times, 95):.0f} ms; target: 50 ms"
    return [Row(MEASURE, "ours", median(times), "ms", note)]


def edit(site: Site, number: int, watch: Callable[[], int] = lambda: 0) -> tuple[int, int]:
    """Change a place's value; return when it was sent, and what ``watch`` returned meanwhile."""
    path = f"{TABLE}/{number + 1}/edit"
    fields = site.form(path, "_version")
    began = time.monotonic_ns()
    site.send("POST", path, {**fields, "value": str(1000 + number)})
    seen = watch()
    site.read()
    return began, seen

"""1,000 WebSockets beside 1,000 event streams of the same: what is asked of streams, of both."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from benchmarks import machine
from benchmarks.crowd import Crowd
from benchmarks.process import Kind, Server
from benchmarks.report import Row, median, milliseconds, percentile
from benchmarks.scenarios.edit import EDITS, edit
from benchmarks.scenarios.flat_out import once, warm_up
from benchmarks.scenarios.many import last_client
from benchmarks.scenarios.page import TABLE, p95
from benchmarks.site import Site
from benchmarks.size import Size
from benchmarks.sockets import SocketAddress, answer_pings, rest

FIRST = 30
PATCHED = b'"ops":['
"""Stands once in each patch, be it an event or a message."""


def run(kind: Kind, size: Size) -> list[Row]:
    note = f"{size.some:,} streams and {size.some:,} sockets"
    with Server(kind) as server:
        feed = changes(server, kind, size, note)
    with Server(kind) as server:
        return [*feed, *pages(server, size, note)]


def changes(server: Server, kind: Kind, size: Size, note: str) -> list[Row]:
    """Of the feed: memory, rest, and how fast events go out."""
    with server.crowd() as first:
        first.connect(FIRST)
        first.connect(FIRST, address=address(server, "/changes"))
        warm_up(server, first)  # Threads that are begun for the first of them are nobody's.
    time.sleep(0.5)
    with server.crowd() as crowd:
        memory = [machine.memory(server.pid)]
        crowd.connect(size.some)
        memory.append(machine.memory(server.pid))
        sockets = crowd.connect(size.some, address=address(server, "/changes"))
        memory.append(machine.memory(server.pid))
        idle = idle_share(server, crowd, sockets, size.idle_seconds)
        last = last_client(server, crowd)
        figures = []
        for _ in range(size.rounds):
            answer_pings(sockets)
            figures.append(once(server, crowd, kind.events // 2))
    rate, per_core = (median(each) for each in zip(*figures, strict=True))
    stream, ws = ((b - a) / size.some / 1024 for a, b in pairwise(memory))
    return [
        Row("sockets too: memory of a stream", "ours", stream, "KiB", note),
        Row("sockets too: memory of a socket", "ours", ws, "KiB", "with its subscription"),
        Row("sockets too: CPU at rest", "ours", idle * 100, "% of a core", "heartbeats at 15 s"),
        Row("sockets too: last client after publish, p50", "ours", last, "ms", note),
        Row("sockets too: flat out, deliveries/s", "ours", rate, "",
            f"0 lost; {per_core:,.0f} a CPU second; target: 1 M"),
    ]  # fmt: skip


def pages(server: Server, size: Size, note: str) -> list[Row]:
    """Of a page: an edit, and pages beside those who watch."""
    site = Site(server.port)
    site.sign_in()
    with watching(server, 1) as (crowd, _):
        edit(site, 0)
        crowd.receive(1, 30)
        alone = median([p95(site) for _ in range(size.rounds)])
    with watching(server, size.some) as (crowd, sockets):
        loads, times = [], []
        for _ in range(size.rounds):
            answer_pings(sockets)
            loads.append(p95(site))
        for number in range(1, EDITS + 1):
            answer_pings(sockets[number::EDITS])
            crowd.forget()
            began, last = edit(site, number, lambda: crowd.receive(1, 30))
            times.append(milliseconds(last - began))
            time.sleep(0.05)
        if extra := crowd.check(1):
            raise RuntimeError(f"{extra} patches came more than once.")
    site.close()
    worst = f"p95 {percentile(times, 95):.0f} ms; target: 50 ms"
    return [
        Row("sockets too: edit to the last watcher", "ours", median(times), "ms", worst),
        Row("sockets too: table page, p95", "ours", median(loads), "ms",
            f"{note}; {alone:.1f} ms with one of each; target: 1.5 times"),
    ]  # fmt: skip


@contextmanager
def watching(server: Server, some: int) -> Iterator[tuple[Crowd, list[socket.socket]]]:
    """Yield so many streams and as many sockets that watch the table, and the sockets."""
    head = server.ask("head")
    path = f"/stream?view={TABLE}&since={head['epoch']}-{head['seq']}"
    with server.crowd(path, PATCHED) as crowd:
        crowd.connect(some)
        yield crowd, crowd.connect(some, address=address(server, TABLE))


def address(server: Server, topic: str) -> SocketAddress:
    head = server.ask("head")
    return SocketAddress(server.port, "/ws", topic, f"{head['epoch']}-{head['seq']}")


def idle_share(server: Server, crowd: Crowd, sockets: list[socket.socket], seconds: float) -> float:
    """Return the share of a core that it takes when there is nothing but heartbeats."""
    answer_pings(sockets)
    before, began = machine.cpu_seconds(server.pid), time.monotonic()
    rest(sockets, crowd, seconds)
    return (machine.cpu_seconds(server.pid) - before) / (time.monotonic() - began)

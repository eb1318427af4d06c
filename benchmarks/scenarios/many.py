"""10,000 streams: when the last client has an event, what a stream costs, what silence costs."""

from __future__ import annotations

import time

from benchmarks import machine
from benchmarks.crowd import Crowd
from benchmarks.process import Kind, Server
from benchmarks.report import Row, median, milliseconds
from benchmarks.scenarios.flat_out import publish, warm_up
from benchmarks.size import Size

EVENTS = 20
PAUSE = 0.1
LAST = "last client after publish, p50"
MEMORY = "memory per stream"
IDLE = "CPU with idle streams"


def run(kind: Kind, size: Size) -> list[Row]:
    streams = min(size.many, kind.most or size.many)
    rounds = [once(kind, streams, size.idle_seconds) for _ in range(size.rounds)]
    last, memory, idle = (median(each) for each in zip(*rounds, strict=True))
    note = f"{streams:,} streams"
    return [
        Row(LAST, kind.name, last, "ms", note),
        Row(MEMORY, kind.name, memory / 1024, "KiB", note),
        Row(IDLE, kind.name, idle * 100, "% of a core", f"{note}, heartbeats at 15 s"),
    ]


def once(kind: Kind, streams: int, idle_seconds: float) -> tuple[float, float, float]:
    """Return the p50 in ms, bytes for each stream, and the share of a core."""
    with Server(kind) as server:
        with server.crowd() as first:
            first.connect(1)  # Whatever is imported or compiled for the first is no stream's.
            warm_up(server, first)
        time.sleep(0.5)
        empty = machine.memory(server.pid)
        with server.crowd() as crowd:
            crowd.connect(streams)
            warm_up(server, crowd)
            memory = (machine.memory(server.pid) - empty) / streams
            idle = idle_share(server, idle_seconds)
            crowd.check(0)  # Heartbeats are read, not counted.
            return last_client(server, crowd), memory, idle


def last_client(server: Server, crowd: Crowd) -> float:
    times = []
    for _ in range(EVENTS):
        crowd.forget()
        published, last = publish(server, crowd, 1, window=1)
        times.append(milliseconds(last - published))
        time.sleep(PAUSE)
    return median(times)


def idle_share(server: Server, seconds: float) -> float:
    time.sleep(1)
    before, began = machine.cpu_seconds(server.pid), time.monotonic()
    time.sleep(seconds)
    return (machine.cpu_seconds(server.pid) - before) / (time.monotonic() - began)

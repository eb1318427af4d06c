"""How many events a second reach 1,000 clients when they're published as fast as they can be.

The publisher stays at most ``WINDOW`` events ahead of what the clients have received. Every
server sends with TCP_NODELAY. "One event a send" is ours with ``channel.LARGEST_SEND`` set to 1,
which keeps events that pile up from being joined.
"""

from __future__ import annotations

from benchmarks import machine
from benchmarks.crowd import Crowd
from benchmarks.process import Kind, Server
from benchmarks.report import Row, median
from benchmarks.size import Size

WINDOW = 128
REST = 0.01
"""Seconds between two looks of the clients: a fraction of what the window holds, and enough for
them to keep up with one send for every event."""
TIMEOUT = 120
MEASURE = "flat out, deliveries/s"


def run(kind: Kind, size: Size) -> list[Row]:
    streams = min(size.some, kind.most or size.some)
    with Server(kind) as server, server.crowd() as crowd:
        crowd.connect(streams)
        warm_up(server, crowd)
        figures = [once(server, crowd, kind.events) for _ in range(size.rounds)]
    rate, per_core = (median(each) for each in zip(*figures, strict=True))
    deliveries = streams * kind.events
    note = f"{streams:,} clients, 0 of {deliveries:,} lost; {per_core:,.0f} a CPU second"
    return [Row(MEASURE, kind.name, rate, "", note)]


def warm_up(server: Server, crowd: Crowd) -> None:
    """Wait until every client gets what is published."""
    crowd.forget()
    publish(server, crowd, 3, window=1)


def publish(server: Server, crowd: Crowd, events: int, window: int) -> tuple[int, int]:
    """Publish; return when that began and when the last client had the last event, in ns."""
    server.ask("prepare", count=events)
    server.tell("publish", streams=len(crowd), window=window)
    last = crowd.receive(events, TIMEOUT)
    return server.answer()["times"][0], last


def once(server: Server, crowd: Crowd, events: int) -> tuple[float, float]:
    """Return deliveries in a second, and in a second of the server's processor time."""
    crowd.forget()
    server.ask("prepare", count=events)
    before = machine.cpu_seconds(server.pid)
    server.tell("publish", streams=len(crowd), window=WINDOW)
    last = crowd.receive(events, TIMEOUT, REST)
    first = server.answer()["times"][0]
    used = machine.cpu_seconds(server.pid) - before
    if extra := crowd.check(events):
        raise RuntimeError(f"{server.kind.name}: {extra} events came more than once.")
    deliveries = events * len(crowd)
    return deliveries / ((last - first) / 1e9), deliveries / used

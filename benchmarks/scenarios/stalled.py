"""20 clients of 1,000 stop reading while 10,000 events go out."""

from __future__ import annotations

import asyncio
import re
import socket
from array import array
from collections.abc import Sequence
from itertools import islice

from benchmarks import machine
from benchmarks.crowd import Address, Crowd, Watch
from benchmarks.follower import Follower
from benchmarks.process import Kind, Server
from benchmarks.report import Row, median, percentile
from benchmarks.scenarios.flat_out import warm_up
from benchmarks.scenarios.restart import until
from benchmarks.size import Size

STALLED = 20
SAMPLED = 50
"""Clients whose every event is timed."""
EVENTS = 10_000
PER_SECOND = 1000
CLIENT_BUFFER = 64 * 1024
LATENCY = "event to a client, p99"


def run(kind: Kind, size: Size) -> list[Row]:
    baselines, besides, growths = [], [], []
    for _ in range(size.rounds):
        with Server(kind) as server, server.crowd() as crowd:
            crowd.connect(STALLED, buffer=CLIENT_BUFFER)
            crowd.connect(size.some - STALLED)
            warm_up(server, crowd)
            baselines.append(p99(server, crowd, EVENTS))
            stalled = crowd.stall(list(islice(crowd.counts, STALLED)))
            server.ask("prepare", count=EVENTS)
            before = machine.memory(server.pid)
            machine.forget_peak(server.pid)
            besides.append(p99(server, crowd, EVENTS, prepared=True))
            growths.append((machine.memory(server.pid, "VmHWM") - before) / 1024**2)
            come_back(server, stalled)
    note = f"{size.some:,} clients, {EVENTS:,} events at {PER_SECOND:,} a second"
    return [
        Row(LATENCY, "ours, all read", median(baselines), "ms", note),
        Row(LATENCY, f"ours, {STALLED} stalled", median(besides), "ms", "target: ratio at most 2"),
        Row(
            "memory growth, 20 stalled", "ours", median(growths), "MiB",
            "target: 50; the stalled were closed, came back by their cursor and missed nothing",
        ),
    ]  # fmt: skip


class Timed:
    """When each event came to some of the clients."""

    def __init__(self, crowd: Crowd) -> None:
        self._receipts: list[tuple[array[int], array[int]]] = []
        crowd.watch(islice(crowd.counts, 0, None, max(1, len(crowd) // SAMPLED)), self._watch)

    def _watch(self) -> Watch:
        times, counts = array("q"), array("q")
        self._receipts.append((times, counts))

        def watch(now: int, count: int, data: memoryview) -> None:
            times.append(now)
            counts.append(count)

        return watch

    def latencies(self, published: Sequence[int]) -> list[float]:
        """Return the milliseconds that each event took to each of the clients."""
        found = []
        for times, counts in self._receipts:
            before = 0
            for now, count in zip(times, counts, strict=True):
                found += [(now - at) / 1e6 for at in published[before:count]]
                before = count
        return found


def p99(server: Server, crowd: Crowd, events: int, prepared: bool = False) -> float:
    crowd.forget()
    timed = Timed(crowd)
    if not prepared:
        server.ask("prepare", count=events)
    server.tell("publish", streams=len(crowd), gap=1 / PER_SECOND)
    crowd.receive(events, 120)
    return percentile(timed.latencies(server.answer()["times"]), 99)


def come_back(server: Server, stalled: dict[int, socket.socket]) -> None:
    """Read what the stalled clients still have, and check what they get on their return."""
    head = server.ask("head")["seq"]
    followers = []
    for sock in stalled.values():
        data = read_all(sock)
        last = re.findall(rb"id: ([a-z0-9]+-\d+)\nevent: change\ndata: [^\n]*\n\n", data)[-1]
        if int(last.rpartition(b"-")[2]) >= head:
            raise RuntimeError("A stalled client wasn't behind: send more events.")
        followers.append(Follower(Address(server.port, "/changes"), last_id=last.decode()))
    asyncio.run(follow(followers, head))


def read_all(sock: socket.socket) -> bytes:
    """Return everything until the server's end; raise where it doesn't come."""
    sock.settimeout(10)
    pieces = []
    with sock:
        while piece := _recv(sock):
            pieces.append(piece)
    return b"".join(pieces)


def _recv(sock: socket.socket) -> bytes:
    try:
        return sock.recv(1 << 20)
    except ConnectionResetError:
        return b""


async def follow(followers: list[Follower], head: int) -> None:
    starts = [int((each.last_id or "").rpartition("-")[2]) for each in followers]
    tasks = [asyncio.create_task(each.follow()) for each in followers]
    await until(lambda: all(each.seen and each.seen[-1] >= head for each in followers), 60)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for start, each in zip(starts, followers, strict=True):
        if each.seen != list(range(start + 1, head + 1)):
            raise RuntimeError("A client that had stalled missed events on its return.")

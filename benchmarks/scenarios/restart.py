"""SIGTERM with 1,000 streams, then a start: who is back when, and whether anything was lost."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable

from benchmarks.crowd import Address
from benchmarks.follower import Follower
from benchmarks.process import Kind, Server
from benchmarks.report import Row, median
from benchmarks.size import Size

EVENTS = 30
"""Before, and again while the clients come back."""


def run(kind: Kind, size: Size) -> list[Row]:
    figures = []
    for _ in range(size.rounds):
        with Server(kind) as server:
            figures.append(asyncio.run(once(server, size.some)))
    exits, backs, shares = (median(each) for each in zip(*figures, strict=True))
    note = f"{size.some:,} streams, nothing lost"
    return [
        Row("SIGTERM until the exit", "ours", exits, "s", f"{note}; target: 5 s"),
        Row("restart until the last is back", "ours", backs, "s", f"{note}; target: 30 s"),
        Row("reconnects in the busiest second", "ours", shares * 100, "%", "target: 20 %"),
    ]


async def once(server: Server, streams: int) -> tuple[float, float, float]:
    """Return the seconds of the exit, those until all were back, and the busiest second's share."""
    start = server.ask("head")
    address = Address(server.port, "/changes")
    since = f"{start['epoch']}-{start['seq']}"
    followers = [Follower(address, last_id=since) for _ in range(streams)]
    tasks = []
    for number, follower in enumerate(followers):
        tasks.append(asyncio.create_task(follower.follow()))
        if number % 20 == 0:
            await asyncio.sleep(0.02)
    await until(lambda: all(each.opened for each in followers), 60)
    await asyncio.to_thread(server.ask, "commit", count=EVENTS, gap=0.01)
    exit_seconds = await asyncio.to_thread(server.terminate)
    await asyncio.to_thread(server.start)
    restarted = time.monotonic()
    head = await asyncio.to_thread(server.ask, "commit", count=EVENTS, gap=0.1)
    await until(lambda: all(len(each.opened) > 1 for each in followers), 60)
    everything = list(range(start["seq"] + 1, head["seq"] + 1))
    await until(lambda: all(len(each.seen) >= len(everything) for each in followers), 30)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    wrong = sum(each.seen != everything for each in followers)
    if wrong:
        raise RuntimeError(f"{wrong} of {streams} clients didn't get every event once, in order.")
    back = [each.opened[1] for each in followers]
    busiest = max(Counter(int(at - min(back)) for at in back).values()) / streams
    return exit_seconds, max(back) - restarted, busiest


async def until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("The clients didn't come that far in time.")
        await asyncio.sleep(0.05)

"""sse-starlette under uvicorn, used as its documentation shows: a queue for each client."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from benchmarks import machine
from benchmarks.events import EPOCH, data
from benchmarks.servers.control import say
from benchmarks.servers.pace import Pace
from benchmarks.window import Window


class Feed:
    """The events, already JSON, go to every client's queue; each client's task encodes its own."""

    def __init__(self, received: Window) -> None:
        self._received = received
        self._queues: set[asyncio.Queue[tuple[int, str]]] = set()
        self._prepared: list[tuple[int, str]] = []

    async def endpoint(self, request: Request) -> EventSourceResponse:
        return EventSourceResponse(self._events(), ping=15, sep="\n")

    async def _events(self) -> AsyncIterator[ServerSentEvent]:
        queue: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while True:
                number, text = await queue.get()
                yield ServerSentEvent(text, event="change", id=f"{EPOCH}-{number}", sep="\n")
        finally:
            self._queues.discard(queue)

    async def prepare(self, count: int) -> dict[str, Any]:
        self._prepared = [(number, data(number)) for number in range(1, count + 1)]
        return {}

    async def publish(self, streams: int, window: int = 1, gap: float = 0) -> dict[str, Any]:
        pace = Pace(self._received, streams, window, gap)
        times = []
        for published, event in enumerate(self._prepared):
            while wait := pace.wait(published):
                await asyncio.sleep(wait)
            times.append(time.monotonic_ns())
            for queue in self._queues:
                queue.put_nowait(event)
            await asyncio.sleep(0)
        return {"times": times}

    async def obey(self) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        commands: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
            "prepare": self.prepare,
            "publish": self.publish,
        }
        while line := await reader.readline():
            given = json.loads(line)
            say(**await commands[given.pop("do")](**given))
        os._exit(0)


async def serve(port: int, feed: Feed) -> None:
    app = Starlette(routes=[Route("/changes", feed.endpoint)])
    config = uvicorn.Config(
        app, port=port, backlog=4096, loop="uvloop", http="httptools", access_log=False,
        log_level="warning", lifespan="off", timeout_graceful_shutdown=1,
    )  # fmt: skip
    obeying = asyncio.create_task(feed.obey())
    serving = asyncio.create_task(uvicorn.Server(config).serve())
    say(port=port)
    await asyncio.wait([serving, obeying], return_when=asyncio.FIRST_COMPLETED)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    machine.pin(machine.SERVER_CORE)
    machine.raise_file_limit()
    import uvloop

    uvloop.run(serve(given.port, Feed(Window(given.folder / "received"))))


if __name__ == "__main__":
    main()

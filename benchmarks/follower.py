"""A client that does what the standard asks of an EventSource: it honours ``retry:``, goes on by
its last event's id, and comes back whenever its connection ends. Many run on one asyncio loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.crowd import Address


@dataclass
class Follower:
    """``seen`` holds the numbers of the changes; ``opened`` when each connection was answered."""

    address: Address
    last_id: str | None = None
    retry: float = 3.0
    seen: list[int] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    _event: dict[str, str] = field(default_factory=dict)

    async def follow(self) -> None:
        """Until it is cancelled."""
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._connect()
            self._event.clear()
            await asyncio.sleep(self.retry)

    async def _connect(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.address.port)
        try:
            headers = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
            writer.write(self.address.request(headers))
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head[:20]:
                self.others.append(head.split(b"\r\n")[0].decode())
                return
            self.opened.append(time.monotonic())
            rest = ""
            while size := int(await reader.readline() or b"0", 16):
                rest = self._lines(rest + (await reader.readexactly(size + 2))[:-2].decode())
        finally:
            writer.close()

    def _lines(self, text: str) -> str:
        *lines, rest = text.split("\n")
        for line in lines:
            name, _, value = line.partition(": ")
            if line:
                self._event[name] = value
            else:
                self._dispatch(self._event)
                self._event = {}
        return rest

    def _dispatch(self, event: dict[str, str]) -> None:
        if "retry" in event:
            self.retry = int(event["retry"]) / 1000
        if "id" in event:
            self.last_id = event["id"]
        if event.get("event") == "change":
            self.seen.append(int(event["id"].rpartition("-")[2]))
        elif "event" in event and event["event"] != "ping":
            self.others.append(event["event"])


@contextlib.contextmanager
def following(follower: Follower) -> Iterator[None]:
    """Let one follow on a thread of its own."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(follower.follow())

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()

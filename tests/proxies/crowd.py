"""Many clients of the feed at once, on one thread; each comes back by its last id."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit


class Client:
    """``seen`` are the numbers of the changes that it was sent."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.seen: list[int] = []
        self.opened = 0
        self.listening = False
        self.last_id = ""
        self._event = ""
        self._id = ""

    def take(self, line: str) -> None:
        name, _, value = line.partition(": ")
        if name == "id":
            self._id = value
        elif name == "event":
            self._event = value
        elif name == "data" and self._event == "change":
            self.seen.append(json.loads(value)["seq"])
        elif line == "":
            # An event that broke off before its blank line didn't count.
            self.last_id = self._id or self.last_id
            self.listening = self.listening or bool(self._event)
            self._event = self._id = ""

    def drop(self) -> None:
        """Forget an event that broke off."""
        self._event = self._id = ""
        self.listening = False


class Crowd:
    """``with Crowd(url, paths) as crowd`` has a client for each path, which may repeat."""

    def __init__(self, url: str, paths: list[str]) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), parts.port
        self.clients = [Client(path) for path in paths]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def wait(self, done: Callable[[Client], bool], seconds: float) -> bool:
        """Wait until something is so for all; tell whether it came to be."""
        deadline = time.monotonic() + seconds
        while not all(map(done, self.clients)):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._tasks = [self._loop.create_task(self._follow(each)) for each in self.clients]
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(asyncio.gather(*self._tasks))
        self._loop.close()

    async def _follow(self, client: Client) -> None:
        while True:
            with suppress(OSError, EOFError):
                await self._listen(client)
            client.drop()
            await asyncio.sleep(0.1)

    async def _listen(self, client: Client) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=2**22)
        try:
            last = f"Last-Event-ID: {client.last_id}\r\n" if client.last_id else ""
            # To HTTP/1.0 the body comes without chunks.
            writer.write(f"GET {client.path} HTTP/1.0\r\nHost: localhost\r\n{last}\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.partition(b"\r\n")[0]:
                return
            client.opened += 1
            while line := await reader.readline():
                client.take(line.decode().rstrip("\n"))
        finally:
            writer.close()

    def __enter__(self) -> Crowd:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        def cancel() -> None:
            for task in self._tasks:
                task.cancel()

        self._loop.call_soon_threadsafe(cancel)
        self._thread.join(timeout=10)

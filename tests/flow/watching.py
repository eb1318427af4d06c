"""Those who watch: a client of the feed, and a page with its stream."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urljoin

from tests.support.page import Page, fetch, get
from tests.support.sse import EventStream, Received


def seq_of(cursor: str) -> int:
    return int(cursor.rpartition("-")[2])


class Feed:
    """A client of ``/changes`` that goes on by its last id; ``seen`` holds what it was told."""

    def __init__(self, url: str, since: str, headers: dict[str, str] | None = None) -> None:
        self.url = url
        self.headers = headers or {}
        self.first = seq_of(since)
        self.last_id = since
        self.seen: list[dict[str, Any]] = []
        self.stream: EventStream | None = None

    def open(self) -> None:
        headers = {**self.headers, "Last-Event-ID": self.last_id}
        self.stream = EventStream(f"{self.url}/changes", headers)
        assert self.stream.status == 200, self.stream.status

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def catch_up(self, head: int) -> None:
        """Read until the server says that everything up to ``head`` was told."""
        assert self.stream is not None
        for event in self.stream:
            self._take(event)
            if event.event == "ping" and seq_of(event.data["head"]) >= head:
                return
        raise AssertionError("the feed ended")

    def read(self, count: int) -> None:
        """Read some of the events that have come or will come soon, such as a client that dies."""
        assert self.stream is not None
        for _, event in zip(range(count), self.stream, strict=False):
            self._take(event)

    def _take(self, event: Received) -> None:
        assert event.event in ("change", "ping"), event
        if event.event == "change":
            assert event.id is not None and seq_of(event.id) == event.data["seq"]
            self.seen.append(event.data)
        self.last_id = event.id or self.last_id

    def missing(self, log: list[dict[str, Any]]) -> None:
        """Fail unless it was told the whole of the log after its start, once and in order."""
        assert [each["seq"] for each in self.seen] == [each["seq"] for each in log]
        assert self.seen == log


class Watch:
    """One stream for several pages that were rendered at the same cursor."""

    def __init__(
        self, url: str, paths: list[str], headers: dict[str, str] | None = None, pages: int = 1
    ) -> None:
        self.url = url
        self.headers = headers or {}
        self.paths: list[str] = []
        self.pages: list[Page] = []
        self.raw: list[str] = []
        self.resets = 0
        for path in paths:
            self._render(path, pages)
        self.last_id = self.pages[0].cursor
        assert all(page.cursor == self.last_id for page in self.pages)
        self.stream: EventStream | None = None

    def _render(self, path: str, pages: int) -> None:
        page = self._fetch(path)
        for _ in range(pages - 1):
            if page.next is None:
                break
            path = page.next
            page = self._fetch(path)
        if page.view.name not in {each.view.name for each in self.pages}:
            self.paths.append(path)
            self.pages.append(page)

    def _fetch(self, path: str) -> Page:
        return fetch(urljoin(self.url, path), self.headers)

    def open(self, by_header: bool = False) -> None:
        """Connect as the page does, or as an EventSource that comes back by itself does."""
        query = [("view", page.view.name) for page in self.pages]
        since = self.pages[0].cursor if by_header else self.last_id
        headers = {"Last-Event-ID": self.last_id} if by_header else {}
        query.append(("since", since))
        url = f"{urljoin(self.url, self.pages[0].stream)}?{urlencode(query)}"
        self.stream = EventStream(url, {**self.headers, **headers})
        assert self.stream.status == 200, self.stream.status

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def read(self, count: int) -> None:
        for _, _ in zip(range(count), self._events(), strict=False):
            pass

    def catch_up(self, head: int) -> None:
        """Read until all that changed up to ``head`` has come.

        A ping tells how far the views are, and what they sent by then may come right after it;
        so that of the next one says that it has come.
        """
        pings = 0
        for event in self._events():
            pings += event.event == "ping" and seq_of(event.data["head"]) >= head
            if pings == 2:
                return

    def check(self, patience: float = 5) -> None:
        """Fail unless each page shows, or soon will, what a fresh load shows."""
        deadline = time.monotonic() + patience
        for path, page in zip(self.paths, self.pages, strict=True):
            fresh = self._fetch(path).view.shown()
            events = self._events()
            while page.view.shown() != fresh and time.monotonic() < deadline:
                next(events)
            assert page.view.shown() == fresh, f"{path} is not what a fresh load shows"

    def _events(self) -> Iterator[Received]:
        assert self.stream is not None
        for event in self.stream:
            self.take(event)
            yield event
        raise AssertionError("the stream ended")

    def take(self, event: Received) -> None:
        assert event.event in ("patch", "ping"), event
        self.raw.append(json.dumps(event.data))
        if event.event == "patch":
            (page,) = (each for each in self.pages if each.view.name == event.data["view"])
            page.view.apply(event.data)
        self.last_id = event.id or self.last_id

    def gone(self, path: str) -> bool:
        return get(urljoin(self.url, path), self.headers)[0] == 404

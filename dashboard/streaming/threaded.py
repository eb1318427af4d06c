"""A stream that holds the thread of its request: it runs on every WSGI server."""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Callable, Generator, Iterator

from dashboard.changes import Ended
from dashboard.streaming.farewell import farewell, retry
from dashboard.streaming.source import Source
from dashboard.streaming.sse import encode

logger = logging.getLogger(__name__)


class ThreadedStream:
    """The WSGI ``app_iter`` of a stream. The server closes it when the client has gone."""

    def __init__(self, source: Source, heartbeat: float, release: Callable[[], None]) -> None:
        self._source = source
        self._heartbeat = heartbeat
        self._frames = self._run()
        # A response that a tween throws away is never closed, but it is collected.
        self._finalize = weakref.finalize(self, _close, source, release)

    def __iter__(self) -> Iterator[bytes]:
        return self._frames

    def close(self) -> None:
        self._frames.close()
        self._finalize()

    def _run(self) -> Generator[bytes, None, None]:
        yield encode({"retry": retry()})
        try:
            yield from self._events()
        except Ended as ended:
            yield from (encode(event) for event in farewell(ended.reason))
        except Exception:
            logger.exception("A stream failed; its client will come back.")
        finally:
            self._finalize()

    def _events(self) -> Iterator[bytes]:
        due = time.monotonic() + self._heartbeat
        while True:
            events = self._source.take(max(0.0, due - time.monotonic()))
            if time.monotonic() >= due:
                # The heartbeat asks for permission again, before anything more is written.
                events = [*events, self._source.ping()]
                due = time.monotonic() + self._heartbeat
            if events:
                yield b"".join(map(encode, events))


def _close(source: Source, release: Callable[[], None]) -> None:
    try:
        source.close()
    finally:
        release()

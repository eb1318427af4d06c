"""The hub's pulse: who may still listen is asked anew before each heartbeat is sent."""

from __future__ import annotations

import logging
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from dashboard.models.engine import is_away
from dashboard.streaming.channel import Channel
from dashboard.streaming.heartbeats import Heartbeats
from dashboard.streaming.metrics import Metrics
from dashboard.streaming.stream import Stream

logger = logging.getLogger(__name__)


class Pulse:
    """Sends heartbeats to the streams that were added, every ``interval`` seconds to each.

    What it does it does on the loop's thread, but for asking the database about permissions: that
    is handed to ``submit``. ``end`` ends a stream for a reason.
    """

    def __init__(
        self,
        interval: float,
        loop: AbstractEventLoop,
        metrics: Metrics,
        end: Callable[[Stream, str], None],
        submit: Callable[[Callable[[], None]], None],
    ) -> None:
        self._heartbeats = Heartbeats(interval)
        self._loop = loop
        self._metrics = metrics
        self._end = end
        self._submit = submit
        self._away = False

    def start(self) -> None:
        tick = self._heartbeats.tick
        self._loop.call_later(tick, self._beat, self._loop.time() + tick)

    def add(self, stream: Stream) -> None:
        self._heartbeats.add(stream)

    def remove(self, stream: Stream) -> None:
        self._heartbeats.remove(stream)

    def _beat(self, planned: float) -> None:
        now = self._loop.time()
        self._metrics.lag = max(0.0, now - planned)
        self.start()
        public: list[Stream] = []
        asking: list[Stream] = []
        for stream in self._heartbeats.turn():
            if now > stream.until:
                self._end(stream, "lifetime")
            elif stream.channel is None or stream.ending:
                continue  # It is being written to, or goes.
            elif stream.source.permission.expires:
                asking.append(stream)
            else:
                public.append(stream)
        _ping(public)
        if asking:
            self._submit(lambda: self._ask(asking))

    def _ask(self, streams: list[Stream]) -> None:
        """Ask for permissions again, on another thread, and ping who has them still."""
        streams.sort(key=lambda stream: type(stream.source.permission).__qualname__)
        permissions: list[Any] = [stream.source.permission for stream in streams]
        try:
            refusals = [
                refusal
                for _, some in groupby(permissions, type)
                for refusal in _refusals(list(some))
            ]
        except Exception as error:
            if is_away(error):
                # They get no heartbeat this time. What they get next was committed after the
                # database came back, and a change of their rights comes in its order.
                if not self._away:
                    logger.warning("Permissions can't be read just now: %s", error)
                self._away = True
                return
            logger.exception("Permissions can't be read; the streams' clients will come back.")
            refusals = ["lifetime"] * len(streams)
        else:
            self._away = False
        self._loop.call_soon_threadsafe(self._answered, streams, refusals)

    def _answered(self, streams: list[Stream], refusals: list[str | None]) -> None:
        allowed = []
        for stream, refusal in zip(streams, refusals, strict=True):
            if refusal is None:
                allowed.append(stream)
            else:
                self._end(stream, refusal)
        _ping(allowed)


def _ping(streams: Iterable[Stream]) -> None:
    """Send those that are still there their heartbeat, encoded once for each channel."""
    pings: dict[Channel, list[Stream]] = {}
    for stream in streams:
        if stream.channel is not None and not stream.ending:
            pings.setdefault(stream.channel, []).append(stream)
    for channel, some in pings.items():
        channel.broadcast(some, channel.topic.ping())
        for stream in some:
            stream.beat()


def _refusals(permissions: Sequence[Any]) -> list[str | None]:
    """Return the refusals of permissions that are all of one kind."""
    refusals: list[str | None] = permissions[0].refusals(permissions)
    return refusals

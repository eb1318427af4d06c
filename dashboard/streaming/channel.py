"""A channel: the streams that get the same events, each encoded once and sent to all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from dashboard.changes import Ended
from dashboard.streaming.connection import Connection, Fan
from dashboard.streaming.framing import Encode, Framing
from dashboard.streaming.metrics import Metrics
from dashboard.streaming.source import Doubt, Topic
from dashboard.streaming.sse import Event
from dashboard.streaming.stream import Stream

LARGEST_SEND = 64 * 1024
"""Bytes of events that go out in one send when they have piled up."""


class Channel:
    """All methods run on the hub's thread. ``doubt`` gets streams that must be asked about,
    ``full`` those that wait for their client. ``name`` is what a WebSocket calls the topic."""

    def __init__(
        self,
        key: Hashable,
        name: str,
        topic: Topic,
        metrics: Metrics,
        doubt: Callable[[Stream, str], None],
        full: Callable[[Stream], None],
        ended: Callable[[Channel, str], None],
    ) -> None:
        self.key = key
        self.name = name
        self.topic = topic
        self.streams: dict[Stream, None] = {}
        self._fans: dict[Framing, Fan] | None = None
        self._counting: list[Stream] = []
        self._metrics = metrics
        self._doubt = doubt
        self._full = full
        self._ended = ended

    def pump(self) -> None:
        """Send what has come to every stream."""
        try:
            items = self.topic.take()
        except Ended as ended:
            self._ended(self, ended.reason)
            return
        events: list[Event] = []
        for item in items:
            if isinstance(item, Doubt):
                self._send(events)
                events = []
                self._question(item)
            else:
                events.append(item)
        self._send(events)

    def _question(self, doubt: Doubt) -> None:
        """Take out the streams whose permission may be gone, before anything follows."""
        for stream in list(self.streams):
            if any(map(stream.source.permission.concerns, doubt.changes)):
                self._doubt(stream, doubt.position)

    def _send(self, events: Sequence[Event]) -> None:
        if not events:
            return
        if self._fans is None:
            self._fans = _fans(self.streams)
            self._counting = [stream for stream in self.streams if stream.counts]
        counting = self._counting
        self._write(self._fans, events)
        for stream in counting:
            stream.count(events)
            if stream.full and stream.channel is self:
                stream.pause()
                self._full(stream)

    def broadcast(self, streams: Iterable[Stream], event: Event) -> None:
        """Send an event to some of the streams."""
        self._write(_fans(streams), [event])

    def _write(self, fans: dict[Framing, Fan], events: Sequence[Event]) -> None:
        """Send events to all, each encoded once for all who have it in the same form."""
        encoded: dict[Encode, list[tuple[bytes, int]]] = {}
        for framing, fan in fans.items():
            batches = encoded.get(framing.encode)
            if batches is None:
                frames = (framing.encode(event, self.name) for event in events)
                batches = encoded[framing.encode] = list(_batches(frames))
            for data, count in batches:
                framed = framing.pack(data)
                fan.write(framed)
                self._metrics.frames += len(fan) * count
                self._metrics.bytes += len(fan) * len(framed)

    def join(self, stream: Stream) -> None:
        self.streams[stream] = None
        stream.channel = self
        self._fans = None
        stream.joined()

    def leave(self, stream: Stream) -> None:
        self.streams.pop(stream, None)
        stream.channel = None
        self._fans = None


def _fans(streams: Iterable[Stream]) -> dict[Framing, Fan]:
    """Return what writes to the streams, by how they have their events."""
    connections: dict[Framing, list[Connection]] = {}
    for stream in streams:
        if stream.connection is not None:
            connections.setdefault(stream.framing, []).append(stream.connection)
    return {framing: Fan(some) for framing, some in connections.items()}


def _batches(frames: Iterable[bytes]) -> Iterable[tuple[bytes, int]]:
    """Join frames to sends of at most LARGEST_SEND bytes, and tell how many each holds."""
    batch: list[bytes] = []
    size = 0
    for frame in frames:
        if batch and size + len(frame) > LARGEST_SEND:
            yield b"".join(batch), len(batch)
            batch, size = [], 0
        batch.append(frame)
        size += len(frame)
    if batch:
        yield b"".join(batch), len(batch)

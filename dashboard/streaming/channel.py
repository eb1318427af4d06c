"""A channel: the streams that get the same events, each encoded once and sent to all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from dashboard.changes import Ended
from dashboard.streaming.connection import Connection, write_all
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
        self._writable: dict[Framing, list[Connection]] | None = None
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
        if self._writable is None:
            self._writable = _connections(self.streams)
            self._counting = [stream for stream in self.streams if stream.counts]
        counting = self._counting
        self._write(self._writable, events)
        for stream in counting:
            stream.count(events)
            if stream.full and stream.channel is self:
                stream.pause()
                self._full(stream)

    def broadcast(self, streams: Iterable[Stream], event: Event) -> None:
        """Send an event to some of the streams."""
        self._write(_connections(streams), [event])

    def _write(self, connections: dict[Framing, list[Connection]], events: Sequence[Event]) -> None:
        """Send events to all, each encoded once for all who have it in the same form."""
        encoded: dict[Encode, list[tuple[bytes, int]]] = {}
        for framing, some in connections.items():
            batches = encoded.get(framing.encode)
            if batches is None:
                frames = (framing.encode(event, self.name) for event in events)
                batches = encoded[framing.encode] = list(_batches(frames))
            for data, count in batches:
                framed = framing.pack(data)
                write_all(some, framed)
                self._metrics.frames += len(some) * count
                self._metrics.bytes += len(some) * len(framed)

    def join(self, stream: Stream) -> None:
        self.streams[stream] = None
        stream.channel = self
        self._writable = None
        stream.joined()

    def leave(self, stream: Stream) -> None:
        self.streams.pop(stream, None)
        stream.channel = None
        self._writable = None


def _connections(streams: Iterable[Stream]) -> dict[Framing, list[Connection]]:
    """Return the streams' connections, by how they have their events."""
    connections: dict[Framing, list[Connection]] = {}
    for stream in streams:
        if stream.connection is not None:
            connections.setdefault(stream.framing, []).append(stream.connection)
    return connections


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

"""One stream on the hub: its connection, its source, and the topic that it has joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from dashboard.streaming.connection import Connection
from dashboard.streaming.farewell import farewell
from dashboard.streaming.framing import Framing
from dashboard.streaming.source import Shareable
from dashboard.streaming.sse import Event, encode

if TYPE_CHECKING:
    from dashboard.streaming.channel import Channel


class Keeper(Protocol):
    """Who holds the streams: the hub."""

    def end(self, stream: Stream, reason: str) -> None: ...

    def drop(self, stream: Stream) -> None: ...


class Stream:
    """``channel`` is None while the stream catches up by its own source.

    ``until`` is the time of the loop at which it has lived long enough.
    """

    __slots__ = ("_keeper", "channel", "connection", "ending", "framing", "source", "until")

    def __init__(self, source: Shareable, framing: Framing, until: float, keeper: Keeper) -> None:
        self._keeper = keeper
        self.source = source
        self.framing = framing
        self.until = until
        self.channel: Channel | None = None
        self.connection: Connection | None = None
        self.ending = False

    # What the connection tells.

    def overflow(self) -> None:
        self._keeper.end(self, "overflow")

    def lost(self) -> None:
        self._keeper.drop(self)

    def taken(self) -> None:
        self._keeper.drop(self)

    def received(self, data: bytes) -> None:
        """A client of an event stream has nothing more to say."""

    # What the hub asks for.

    def send(self, events: Sequence[Event]) -> int:
        """Send events of its own source; return how many bytes they were."""
        data = b"".join(self.framing.encode(event, self.source.name) for event in events)
        self.write(data)
        return len(data)

    def write(self, data: bytes) -> None:
        """Send encoded events, framed as this client has it."""
        if self.connection is not None:
            self.connection.write(self.framing.pack(data))

    @property
    def counts(self) -> bool:
        """Whether its client acknowledges events."""
        return False

    @property
    def full(self) -> bool:
        """Whether the client has to say something before it gets more."""
        return False

    def count(self, events: Sequence[Event]) -> None:
        """Note what was sent, for one who waits for the client to acknowledge it."""

    def pause(self) -> None:
        """Note where to go on, having left the channel because of being full."""

    def joined(self) -> None:
        """It has joined its channel."""

    def beat(self) -> None:
        """Do what is due with each heartbeat besides the ping of the channel."""

    def ends_with(self, reason: str) -> Stream:
        """Return what a reason to end this ends: it, or what it's a part of."""
        return self

    def end(self, reason: str) -> None:
        """Send the last events, end the body and close when the client has taken it all."""
        self.ending = True
        if self.connection is None:
            return
        self.connection.drop_backlog()
        words = b"".join(map(encode, farewell(reason)))
        packed = self.framing.pack(words) if words else b""
        self.connection.write(packed + self.framing.last)
        if self.connection is not None:
            self.connection.close_when_sent()

    def failed(self) -> None:
        """Something broke in reading its source; its client will come back."""
        self._keeper.drop(self)

    def close(self) -> None:
        """Let go of the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

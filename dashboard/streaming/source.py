"""What a stream's view hands out: where events come from, whoever carries them to the client."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from dashboard.changes import Change, Ended
from dashboard.changes.change import iso
from dashboard.models.types import utc_now
from dashboard.streaming.sse import Event


@runtime_checkable
class Source(Protocol):
    """Events for one client. It knows nothing of sockets, threads or loops."""

    def take(self, timeout: float) -> Sequence[Event]:
        """Return the events that have come; [] when none did within ``timeout`` seconds.

        Raises Ended when the stream is over; its reason becomes the ``bye`` event.
        """

    def ping(self) -> Event:
        """Return the heartbeat; called when it's due, before anything further is written.

        Raises Ended where the client may not go on listening.
        """

    def close(self) -> None:
        """Let go of everything; called whatever ended the stream, more than once does no harm."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Changes that may have taken somebody's permission; what follows waits for the answer.

    ``position`` is the cursor of what came before.
    """

    changes: tuple[Change, ...]
    position: str


class Permission(Protocol):
    """Whether one client may go on listening."""

    def concerns(self, change: Change) -> bool:
        """Tell whether a change may have taken the permission away."""

    def refusal(self) -> str | None:
        """Read the permission anew; return the reason to end the stream, None to go on."""

    @staticmethod
    def refusals(permissions: Sequence[Any]) -> list[str | None]:
        """Return the refusal of each of many permissions of this kind."""

    @property
    def expires(self) -> bool:
        """Whether it can be lost at all, so that it's asked for at each heartbeat."""


class Topic(Protocol):
    """The events that all clients with equal keys get, from one moment on. It never blocks."""

    def take(self) -> Sequence[Event | Doubt]:
        """Return what has come, [] when nothing has. Raises Ended when it's over."""

    def ping(self) -> Event:
        """Return the heartbeat of all its clients."""

    def close(self) -> None:
        """Let go of everything."""


@runtime_checkable
class Shareable(Source, Protocol):
    """A source that, once it has caught up, has the same events as every other of its key.

    So the hub encodes and sends them once for all. ``key`` must tell apart what differs:
    the views or tables, and the rights.
    """

    key: Hashable

    @property
    def permission(self) -> Permission: ...

    @property
    def name(self) -> str:
        """What a WebSocket calls its events by: the address of the page or the feed."""

    def topic(self, notify: Callable[[], None]) -> Topic:
        """Return the topic of this key; ``notify`` is called from any thread when it has news."""

    def merge(self, topic: Any) -> bool:
        """Leave for ``topic`` if both have taken exactly the same; tell whether that was so."""

    def reopen(self, position: str) -> None:
        """Go on by oneself from a cursor on; called from a thread that may read the database."""


class IterableSource:
    """The events that a generator, or any iterable, yields. None means: nothing for now."""

    def __init__(self, events: Iterable[Event | None]) -> None:
        self._events: Iterator[Event | None] = iter(events)

    def take(self, timeout: float) -> Sequence[Event]:
        try:
            event = next(self._events)
        except StopIteration:
            raise Ended("closed") from None
        return [] if event is None else [event]

    def ping(self) -> Event:
        return {"event": "ping", "data": {"at": iso(utc_now())}}

    def close(self) -> None:
        close = getattr(self._events, "close", None)
        if close is not None:
            close()

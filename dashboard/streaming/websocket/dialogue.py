"""What the messages of a WebSocket mean is the application's; this is what the hub asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dashboard.streaming.source import Shareable


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Open a subscription to ``source``.

    With a ``window``, the client acknowledges what it has handled, and no more than about so
    many events are under way to it.
    """

    source: Shareable
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    topic: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The client has handled all events of ``topic`` up to the one with this cursor."""

    topic: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Enter:
    """Tell the client who is at a place, now and whenever that changes."""

    place: str


@dataclass(frozen=True, slots=True)
class Leave:
    place: str


Step = Subscribe | Unsubscribe | Acknowledge | Enter | Leave


@dataclass(frozen=True, slots=True)
class Answer:
    """What a message leads to: what to say, then something for the hub to do.

    ``id`` is what the client called the message by, for the case that the step can't be taken.
    """

    reply: Mapping[str, Any] | None = None
    step: Step | None = None
    id: str | int | None = None


class Dialogue(Protocol):
    """One client's. Its methods run on threads of a pool, one at a time.

    ``source`` is the stream of the socket itself: it has heartbeats, and doubts where the
    permission to be connected may have been taken, but no events.
    """

    @property
    def id(self) -> str:
        """What tells this socket from every other."""

    @property
    def source(self) -> Shareable: ...

    def hello(self) -> Mapping[str, Any]:
        """Return the first message."""

    def handle(self, message: Mapping[str, Any]) -> Answer:
        """Answer a message. Raises Ended where the client may not go on."""

    def close(self) -> None:
        """The client has gone."""

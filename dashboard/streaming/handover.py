"""The WSGI bodies of streams that the server takes off their request's thread."""

from __future__ import annotations

import socket
import weakref
from collections.abc import Callable, Iterator
from typing import Protocol

from dashboard.streaming.farewell import retry
from dashboard.streaming.metrics import Metrics
from dashboard.streaming.source import Shareable
from dashboard.streaming.sse import encode
from dashboard.streaming.websocket.dialogue import Dialogue

OFFER = "dashboard.hub"
"""The key in the WSGI environ under which a server offers to take streams over."""


class Offer(Protocol):
    """What a server that has a hub puts into the environ of a request."""

    @property
    def limit(self) -> int:
        """How many streams the hub holds at most."""

    @property
    def room(self) -> bool:
        """Whether it has a place for one more."""

    @property
    def metrics(self) -> Metrics:
        """What the hub counts."""

    def accept(self, body: HandedOver) -> None:
        """Note that the body goes to the hub when its first bytes have been written."""


class Adopting(Protocol):
    """The hub, as far as a body needs it."""

    def adopt(
        self, sock: socket.socket, unsent: bytes, chunked: bool, source: Shareable
    ) -> None: ...

    def adopt_websocket(self, sock: socket.socket, unsent: bytes, dialogue: Dialogue) -> None: ...


class HandedOver:
    """Yields the first bytes, so that the server writes the response's head, and then ends.

    What follows is the hub's work. Where it never comes to that, ``close`` is called.
    """

    def __init__(self, offer: Offer, close: Callable[[], None]) -> None:
        self._offer = offer
        self._accepted = False
        self._finalize = weakref.finalize(self, close)

    def first(self) -> bytes:
        return b""

    def __iter__(self) -> Iterator[bytes]:
        yield self.first()
        self._accepted = True
        self._offer.accept(self)

    def hand_over(self, hub: Adopting, sock: socket.socket, unsent: bytes, chunked: bool) -> None:
        """Give the client's socket, and what the body holds, to the hub."""
        self._finalize.detach()

    def close(self) -> None:
        if not self._accepted:
            self._finalize()


class HandedOverStream(HandedOver):
    """An event stream."""

    def __init__(self, source: Shareable, offer: Offer) -> None:
        super().__init__(offer, source.close)
        self._source = source

    def first(self) -> bytes:
        return encode({"retry": retry()})

    def hand_over(self, hub: Adopting, sock: socket.socket, unsent: bytes, chunked: bool) -> None:
        super().hand_over(hub, sock, unsent, chunked)
        hub.adopt(sock, unsent, chunked, self._source)


class HandedOverSocket(HandedOver):
    """A WebSocket, whose response has a head alone."""

    def __init__(self, dialogue: Dialogue, offer: Offer) -> None:
        super().__init__(offer, dialogue.source.close)
        self._dialogue = dialogue

    def hand_over(self, hub: Adopting, sock: socket.socket, unsent: bytes, chunked: bool) -> None:
        super().hand_over(hub, sock, unsent, chunked)
        hub.adopt_websocket(sock, unsent, self._dialogue)

"""What a backplane needs of a driver: a way to send short texts, and one to receive them all."""

from __future__ import annotations

from typing import Protocol

CHANNEL = "dashboard"
"""The channel, or exchange, of the program's processes on whatever carries the texts."""

PATIENCE = 5.0
"""Seconds that a driver may take to connect or to send before that has failed."""


class Sender(Protocol):
    """A connection that sends. One thread uses it; any exception means that it is broken."""

    def send(self, text: str) -> None:
        """Send ``text`` to every listener."""

    def close(self) -> None:
        """Close the connection, be it broken."""


class Listener(Protocol):
    """A connection that receives. One thread uses it; any exception means that it is broken."""

    def receive(self, timeout: float) -> list[str]:
        """Return the texts that have come; [] when none does within ``timeout`` seconds."""

    def close(self) -> None:
        """Close the connection, be it broken."""


class Driver(Protocol):
    """Makes connections. ``kind`` is what operators call it; its address may hold a password."""

    kind: str

    def sender(self) -> Sender:
        """Connect to send; raise where that can't be done."""

    def listener(self) -> Listener:
        """Connect and subscribe: what is sent from now on is received."""

"""The last words of a stream."""

from __future__ import annotations

import random

from dashboard.streaming.sse import Event

RETRY_MILLISECONDS = (1000, 6000)
"""How long a client waits before it comes back, jittered, so that a crowd is spread."""

SHUTDOWN_MILLISECONDS = (1000, 9000)
"""The same where all clients leave at one moment, because the server ends."""

BYES = frozenset({"auth", "shutdown", "overflow", "lifetime"})


def retry() -> int:
    """Return a client's own time to wait, in milliseconds."""
    return random.randint(*RETRY_MILLISECONDS)


def farewell(reason: str) -> list[Event]:
    """Return the events that tell a client why its stream ends, and when to come back."""
    if reason == "reset":
        return [{"event": "reset", "data": {"reason": "log"}}]
    bye: list[Event] = [{"event": "bye", "data": {"reason": reason}}] if reason in BYES else []
    if reason == "shutdown":
        return [{"retry": random.randint(*SHUTDOWN_MILLISECONDS)}, *bye]
    return bye

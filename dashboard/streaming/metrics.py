"""What an operator wants to know of the streams, in one place that an exporter can read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Metrics:
    """Counters since the start, but for ``streams`` and ``lag``.

    ``frames`` and ``bytes`` count what was handed to clients' sockets, ``byes`` the streams that
    the server ended, by reason. ``lag`` is how late the loop's timer last was, in seconds.
    """

    streams: int = 0
    opened: int = 0
    frames: int = 0
    bytes: int = 0
    resets: int = 0
    byes: dict[str, int] = field(default_factory=dict)
    lag: float = 0.0

    def bye(self, reason: str) -> None:
        self.byes[reason] = self.byes.get(reason, 0) + 1

    @property
    def overflows(self) -> int:
        return self.byes.get("overflow", 0)

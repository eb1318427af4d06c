"""How much of everything a run uses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """``some`` and ``many`` are streams; ``rounds`` of figures give a median."""

    some: int
    many: int
    rounds: int
    idle_seconds: float


FULL = Size(some=1000, many=10_000, rounds=3, idle_seconds=20)
QUICK = Size(some=200, many=1000, rounds=1, idle_seconds=5)

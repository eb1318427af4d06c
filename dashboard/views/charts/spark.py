"""A sparkline: the course of a tile's number, without axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.views.charts.scale import coordinate, percent
from dashboard.views.charts.series import Figure

MARGIN = 8.0
"""Percent of the height that stay free above and below, for the width of the stroke."""


@dataclass(frozen=True, slots=True)
class Spark:
    """``d`` is in a plot of 100 by 100; ``x`` and ``y`` are where the newest figure is."""

    d: str
    x: str
    y: str


def spark(figures: Sequence[Figure]) -> Spark | None:
    """Return the line through ``figures``, None where fewer than two are known."""
    known = [(at, figure) for at, figure in enumerate(figures) if figure is not None]
    if len(known) < 2:
        return None
    low, high = min(each for _, each in known), max(each for _, each in known)
    first, last = known[0][0], known[-1][0]
    places = [
        (100 * (at - first) / (last - first), 100 - MARGIN - _share(figure, low, high))
        for at, figure in known
    ]
    steps = (
        f"{'L' if at else 'M'}{coordinate(x)} {coordinate(y)}" for at, (x, y) in enumerate(places)
    )
    return Spark("".join(steps), *map(percent, places[-1]))


def _share(figure: float, low: float, high: float) -> float:
    room = 100 - 2 * MARGIN
    if low == high:
        return room / 2
    return room * (figure - low) / (high - low)

"""A donut: each category's share of all, as an arc of a ring."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboard.views.charts.figures import short, with_unit
from dashboard.views.charts.plot import figure_text
from dashboard.views.charts.scale import coordinate
from dashboard.views.charts.series import PALETTE, Data

RADIUS = 100 / (2 * math.pi)
"""So that the ring is 100 long, and a share in percent is its arc's length."""

GAP = 0.7


@dataclass(frozen=True, slots=True)
class Arc:
    """``dash`` and ``offset`` are those of the ring's stroke."""

    label: str
    text: str
    share: str
    dash: str
    offset: str
    tone: int
    title: str


@dataclass(frozen=True, slots=True)
class Donut:
    arcs: tuple[Arc, ...]
    total: str
    radius: str = coordinate(RADIUS)


def donut(data: Data) -> Donut:
    """Return the arcs of the first series' figures; what isn't more than 0 has none."""
    figures = data.series[0].figures
    parts = [
        (at, slot, figure)
        for at, (slot, figure) in enumerate(zip(data.slots, figures, strict=True))
        if figure is not None and figure > 0
    ]
    largest = max((figure for *_, figure in parts), default=1.0)
    # Huge figures are made smaller first, since their sum may be more than a float holds.
    whole = sum(figure / largest for *_, figure in parts)
    begin, arcs = 0.0, []
    for at, slot, figure in parts:
        share = 100 * (figure / largest) / whole
        arcs.append(_arc(slot.label, figure_text(figure, data.unit), share, begin, at))
        begin += share
    return Donut(tuple(arcs), with_unit(short(whole * largest if parts else 0.0), data.unit))


def _arc(label: str, text: str, share: float, begin: float, at: int) -> Arc:
    length = share if share >= 100 else max(share - GAP, min(share, 0.3))
    told = f"{share:.0f}%" if share >= 1 else "<1%"
    return Arc(
        label=label,
        text=text,
        share=told,
        dash=f"{coordinate(length)} {coordinate(100 - length)}",
        offset=coordinate(-begin),
        tone=min(at + 1, PALETTE),
        title=f"{label}: {text}, {told}",
    )

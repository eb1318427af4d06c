"""What a chart shows, whatever its form: slots along one axis, and a figure of each series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Figure = float | None


@dataclass(frozen=True, slots=True)
class Series:
    """``figures`` has one for each of the chart's slots; ``tone`` is its place in the palette."""

    name: str
    figures: tuple[Figure, ...]
    tone: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A category or a time bucket. ``short`` is what an axis has room for."""

    label: str
    short: str


@dataclass(frozen=True, slots=True)
class Data:
    """``timed`` tells that the slots are a course of time without gaps.

    ``left_out`` says in a sentence what there was no room for, None where all is there.
    """

    slots: tuple[Slot, ...]
    series: tuple[Series, ...]
    unit: str | None = None
    timed: bool = False
    left_out: str | None = None

    @property
    def empty(self) -> bool:
        """Whether there is no figure at all to draw."""
        return all(figure is None for each in self.series for figure in each.figures)

    def figures(self) -> list[float]:
        return [figure for each in self.series for figure in each.figures if figure is not None]


PALETTE = 8
"""How many colours there are; the last is for what is left over."""


def transposed(slots: int, series: Sequence[Series]) -> list[list[tuple[Series, Figure]]]:
    """Return each slot's figures with their series."""
    return [[(each, each.figures[at]) for each in series] for at in range(slots)]


def total(figures: Sequence[Figure]) -> float:
    return sum(each for each in figures if each is not None)


def whole_numbers(figures: Sequence[Any]) -> bool:
    return all(float(each).is_integer() for each in figures)

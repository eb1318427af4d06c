"""Scales: round ticks, and where a value stands between them, in percent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Ticks at equal distances; the first and the last are the ends of the scale."""

    ticks: tuple[float, ...]

    @property
    def low(self) -> float:
        return self.ticks[0]

    @property
    def high(self) -> float:
        return self.ticks[-1]

    def share(self, value: float) -> float:
        """Return where ``value`` stands: 0 at the low end, 100 at the high one."""
        return min(100.0, max(0.0, 100 * (value - self.low) / (self.high - self.low)))


def nice_scale(values: Iterable[float], most: int = 5, whole: bool = False) -> Scale:
    """Return a scale that holds 0 and ``values``, in about ``most`` round steps.

    With ``whole`` the ticks are whole numbers. Source of the method: P. Heckbert, "Nice Numbers for
    Graph Labels", Graphics Gems (1990).
    """
    found = [0.0, *values]
    low, high = min(found), max(found)
    if low == high:
        high = 1.0
    step = _step(low, high, most)
    if whole:
        step = max(1.0, step if step == math.floor(step) else math.ceil(step))
    first, last = math.floor(low / step), math.ceil(high / step)
    return Scale(tuple(_tidy(number, step) for number in range(first, last + 1)))


def _step(low: float, high: float, most: int) -> float:
    """Return the least round step by which ``most`` intervals reach from low to high."""
    raw = max((high - low) / most, 1e-300)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    return next(
        (each * magnitude for each in STEPS if each * magnitude >= raw * (1 - 1e-9)),
        10 * magnitude,
    )


def _tidy(number: int, step: float) -> float:
    """Return ``number * step`` as it is written: 0.3 rather than 0.30000000000000004."""
    return float(f"{number * step:.12g}")


def percent(value: float) -> str:
    """Return a share as an SVG attribute has it; equal places are equal texts."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{'0' if text in ('-0', '') else text}%"


def coordinate(value: float) -> str:
    return percent(value)[:-1]

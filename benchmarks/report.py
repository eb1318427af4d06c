"""What was measured, and the table that it's printed as."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles


@dataclass(frozen=True)
class Row:
    """One figure of one server. ``note`` tells what the reader has to know beside it."""

    measure: str
    server: str
    value: float
    unit: str
    note: str = ""


def percentile(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def milliseconds(nanoseconds: float) -> float:
    return nanoseconds / 1e6


class Busy:
    """How much of the machine this and other processes took, so that a noisy run shows."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._before = self._times()

    @staticmethod
    def _times() -> tuple[int, int]:
        fields = [int(each) for each in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        idle = fields[3] + fields[4]
        return sum(fields) - idle, sum(fields)

    def share(self) -> float:
        busy, all_ = self._times()
        return (busy - self._before[0]) / max(1, all_ - self._before[1])


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, each with its ratio to the first server's figure."""
    lines = ["| measure | server | figure | ratio | |", "| --- | --- | ---: | ---: | --- |"]
    first: dict[str, float] = {}
    measures = list(dict.fromkeys(row.measure for row in rows))
    for row in sorted(rows, key=lambda row: measures.index(row.measure)):
        base = first.setdefault(row.measure, row.value)
        ratio = f"{row.value / base:.2f}" if base else ""
        figure = f"{text(row.value)} {row.unit}".strip()
        lines.append(f"| {row.measure} | {row.server} | {figure} | {ratio} | {row.note} |")
    return "\n".join(lines)


def text(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:.2f} M"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


__all__ = ["Busy", "Row", "median", "milliseconds", "percentile", "table"]

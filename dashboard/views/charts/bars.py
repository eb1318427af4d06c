"""Bars that lie: one row for each category, so that long names have room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.views.charts.plot import figure_text, scale_of
from dashboard.views.charts.scale import Scale, percent
from dashboard.views.charts.series import Data, Figure, Series, total, transposed


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle in a row; its places are shares of the row's width and height."""

    x: str
    width: str
    y: str
    height: str
    tone: int
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """``zero`` is where the base line is; None where all bars begin at the left."""

    rows: tuple[Row, ...]
    zero: str | None


def bars(data: Data, stacked: bool) -> Bars:
    scale = scale_of(data, stacked)
    rows = tuple(
        _row(data, scale, at, figures, stacked)
        for at, figures in enumerate(transposed(len(data.slots), data.series))
    )
    return Bars(rows, percent(scale.share(0.0)) if scale.low < 0 else None)


def _row(
    data: Data, scale: Scale, at: int, figures: Sequence[tuple[Series, Figure]], stacked: bool
) -> Row:
    known = [figure for _, figure in figures if figure is not None]
    if stacked:
        text = figure_text(total(known) if known else None, data.unit)
    else:
        text = " · ".join(figure_text(figure, data.unit) for _, figure in figures)
    marks = (_stacked if stacked else _beside)(data, scale, at, figures)
    return Row(data.slots[at].label, text, tuple(marks))


def _beside(
    data: Data, scale: Scale, at: int, figures: Sequence[tuple[Series, Figure]]
) -> Iterator[Mark]:
    height = 100 / len(figures)
    for place, (series, figure) in enumerate(figures):
        if figure is not None:
            across = (percent(place * height), percent(height))
            yield _mark(data, scale, at, series, figure, (0.0, figure), across)


def _stacked(
    data: Data, scale: Scale, at: int, figures: Sequence[tuple[Series, Figure]]
) -> Iterator[Mark]:
    ends = {True: 0.0, False: 0.0}
    for series, figure in figures:
        if figure:
            begin = ends[figure > 0]
            ends[figure > 0] = begin + figure
            span = (begin, begin + figure)
            yield _mark(data, scale, at, series, figure, span, ("0%", "100%"))


def _mark(
    data: Data,
    scale: Scale,
    at: int,
    series: Series,
    figure: float,
    span: tuple[float, float],
    across: tuple[str, str],
) -> Mark:
    low, high = scale.share(min(span)), scale.share(max(span))
    name = f"{series.name}, " if len(data.series) > 1 else ""
    title = f"{name}{data.slots[at].label}: {figure_text(figure, data.unit)}"
    return Mark(percent(low), percent(high - low), *across, tone=series.tone, title=title)

"""Charts over a common axis: lines and upright bars, each slot as wide as every other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.views.charts.figures import short, with_unit
from dashboard.views.charts.scale import Scale, coordinate, nice_scale, percent
from dashboard.views.charts.series import Data, Figure, Series, transposed, whole_numbers

LABELS_WIDE = 12
LABELS_NARROW = 5
BAR_SHARE = 0.72
"""How much of its slot a group of bars takes."""


@dataclass(frozen=True, slots=True)
class Tick:
    label: str
    at: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; its places are shares of the plot."""

    x: str
    y: str
    width: str
    height: str
    tone: int


@dataclass(frozen=True, slots=True)
class Point:
    """A figure to which no line leads, so that it's drawn as a dot."""

    x: str
    y: str
    tone: int


@dataclass(frozen=True, slots=True)
class Note:
    """What a slot says under the pointer."""

    x: str
    width: str
    middle: str
    anchor: str
    head: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Path:
    d: str
    tone: int


@dataclass(frozen=True, slots=True)
class AxisLabel:
    at: str
    text: str
    narrow: bool
    """Whether it's shown where there is little room, too."""


@dataclass(frozen=True, slots=True)
class Plot:
    """``ticks`` go from the top to the bottom; ``zero`` is where the base line is."""

    ticks: tuple[Tick, ...]
    zero: str
    labels: tuple[AxisLabel, ...]
    notes: tuple[Note, ...]
    paths: tuple[Path, ...] = ()
    points: tuple[Point, ...] = ()
    bars: tuple[Bar, ...] = ()


def lines(data: Data) -> Plot:
    """Return a line for each series, broken where a figure is missing."""
    scale = scale_of(data, stacked=False)
    points = tuple(point for each in data.series for point in _points(data, each, scale))
    paths = tuple(Path(_path(data, each, scale), each.tone) for each in data.series)
    return _plot(data, scale, paths=tuple(each for each in paths if each.d), points=points)


def columns(data: Data, stacked: bool) -> Plot:
    """Return upright bars, side by side in their slot or one upon the other."""
    scale = scale_of(data, stacked)
    make = _stack if stacked else _beside
    bars = [
        bar
        for at, figures in enumerate(transposed(len(data.slots), data.series))
        for bar in make(data, scale, at, figures)
    ]
    return _plot(data, scale, bars=tuple(bars))


def scale_of(data: Data, stacked: bool) -> Scale:
    values = data.figures()
    if stacked:
        slots = transposed(len(data.slots), data.series)
        tops = [sum(value for _, value in slot if value and value > 0) for slot in slots]
        bottoms = [sum(value for _, value in slot if value and value < 0) for slot in slots]
        values = [*tops, *bottoms]
    return nice_scale(values, whole=whole_numbers(data.figures()))


def _plot(
    data: Data,
    scale: Scale,
    paths: tuple[Path, ...] = (),
    points: tuple[Point, ...] = (),
    bars: tuple[Bar, ...] = (),
) -> Plot:
    return Plot(
        ticks=tuple(Tick(short(each), _y(scale, each)) for each in reversed(scale.ticks)),
        zero=_y(scale, 0.0),
        labels=tuple(_axis(data)),
        notes=tuple(_note(data, at) for at in range(len(data.slots))),
        paths=paths,
        points=points,
        bars=bars,
    )


def _y(scale: Scale, value: float) -> str:
    return percent(100 - scale.share(value))


def _middle(data: Data, at: int) -> float:
    return 100 * (at + 0.5) / len(data.slots)


def _axis(data: Data) -> Iterator[AxisLabel]:
    """Label so many slots as there is room for, evenly, the narrow screen's among them."""
    count = len(data.slots)
    wide = -(-count // LABELS_WIDE)
    narrow = wide * -(-count // (wide * LABELS_NARROW))
    for at in range(0, count, wide):
        text = data.slots[at].short
        yield AxisLabel(percent(_middle(data, at)), text, narrow=at % narrow == 0)


def _note(data: Data, at: int) -> Note:
    middle = _middle(data, at)
    anchor = "start" if middle < 30 else "end" if middle > 70 else "middle"
    many = len(data.series) > 1
    figures = ((each.name, figure_text(each.figures[at], data.unit)) for each in data.series)
    return Note(
        x=percent(100 * at / len(data.slots)),
        width=percent(100 / len(data.slots)),
        middle=percent(middle),
        anchor=anchor,
        head=data.slots[at].label,
        lines=tuple(f"{name}: {text}" if many else text for name, text in figures),
    )


def figure_text(figure: Figure, unit: str | None) -> str:
    return with_unit(short(figure), unit)


def _points(data: Data, series: Series, scale: Scale) -> Iterator[Point]:
    figures = (None, *series.figures, None)
    for at, figure in enumerate(series.figures):
        if figure is not None and figures[at] is None and figures[at + 2] is None:
            yield Point(percent(_middle(data, at)), _y(scale, figure), series.tone)


def _path(data: Data, series: Series, scale: Scale) -> str:
    """Return the line in a plot that is 100 wide and 100 high; a single point has none."""
    steps: list[str] = []
    figures = (*series.figures, None)
    for at, figure in enumerate(series.figures):
        if figure is None:
            continue
        begins = at == 0 or series.figures[at - 1] is None
        if begins and figures[at + 1] is None:
            continue
        x, y = coordinate(_middle(data, at)), coordinate(100 - scale.share(figure))
        steps.append(f"{'M' if begins else 'L'}{x} {y}")
    return "".join(steps)


def _beside(
    data: Data, scale: Scale, at: int, figures: Sequence[tuple[Series, Figure]]
) -> Iterator[Bar]:
    slot = 100 / len(data.slots)
    width = slot * BAR_SHARE / len(figures)
    left = slot * at + slot * (1 - BAR_SHARE) / 2
    for place, (series, figure) in enumerate(figures):
        if figure is not None:
            x = left + place * width
            yield _bar(scale, series, (x, width), (0.0, figure))


def _stack(
    data: Data, scale: Scale, at: int, figures: Sequence[tuple[Series, Figure]]
) -> Iterator[Bar]:
    slot = 100 / len(data.slots)
    across = (slot * at + slot * (1 - BAR_SHARE) / 2, slot * BAR_SHARE)
    ends = {True: 0.0, False: 0.0}
    for series, figure in figures:
        if figure:
            begin = ends[figure > 0]
            ends[figure > 0] = begin + figure
            yield _bar(scale, series, across, (begin, begin + figure))


def _bar(
    scale: Scale, series: Series, across: tuple[float, float], span: tuple[float, float]
) -> Bar:
    low, high = scale.share(min(span)), scale.share(max(span))
    x, width = across
    return Bar(percent(x), percent(100 - high), percent(width), percent(high - low), series.tone)

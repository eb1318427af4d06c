"""Groups of rows as a chart's data: slots in their order, series, and what there's no room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard.queries import Groups, TableQuery
from dashboard.queries.query import Measure
from dashboard.views.cells import printable
from dashboard.views.charts import buckets
from dashboard.views.charts.figures import as_number
from dashboard.views.charts.series import PALETTE, Data, Figure, Series, Slot, total

MOST_SLOTS = {"donut": PALETTE, "line": 60}
USUAL_SLOTS = 20
OTHERS = "Others"
BLANK = "(empty)"
SUMMED = frozenset({"count", "sum"})
"""Figures of groups that can be added up, and are 0 where there is no row."""

Answer = tuple[TableQuery, Groups]
Named = tuple[str, Measure, dict[Any, Figure]]
"""A series: its name, what it counts, and its figures by slot."""


def data_of(
    answers: Sequence[Answer], chart: str, names: Sequence[str] = (), unit: str | None = None
) -> Data:
    """Return what a chart of these answers shows; ``names`` replace those of its series.

    Raises TypeError where a figure is no number.
    """
    named = _renamed([_named(*answer) for answer in answers], names)
    bucket = answers[0][0].groups[0].bucket
    if bucket is not None:
        return _timed(answers, named, bucket, unit)
    flat = [each for some in named for each in some]
    return _categories(answers, flat, MOST_SLOTS.get(chart, USUAL_SLOTS), unit)


def _renamed(named: Sequence[list[Named]], names: Sequence[str]) -> list[list[Named]]:
    given = iter(names)
    return [
        [(next(given, name), measure, figures) for name, measure, figures in some] for some in named
    ]


def _named(query: TableQuery, groups: Groups) -> list[Named]:
    """Return an answer's series: one for each measure, or for each value of the second group."""
    if len(query.groups) == 1:
        return [
            (
                printable(measure.label),
                measure,
                {row.key[0]: as_number(row.values[place]) for row in groups.rows},
            )
            for place, measure in enumerate(query.measures)
        ]
    found: dict[Any, Named] = {}
    for row in sorted(groups.rows, key=lambda row: str(row.key[1])):
        name = printable(row.labels[1]) or BLANK
        _, _, figures = found.setdefault(row.key[1], (name, query.measures[0], {}))
        figures[row.key[0]] = as_number(row.values[0])
    return _joined(list(found.values()))


def _joined(named: list[Named]) -> list[Named]:
    """Put series for which there's no colour into one, where their figures can be added up."""
    if len(named) <= PALETTE:
        return named
    by_size = sorted(named, key=lambda each: -total([*each[2].values()]))
    kept = [each for each in named if each in by_size[: PALETTE - 1]]
    measure = named[0][1]
    if measure.function not in SUMMED:
        return kept
    figures: dict[Any, Figure] = {}
    for each in by_size[PALETTE - 1 :]:
        for slot, figure in each[2].items():
            figures[slot] = (figures.get(slot) or 0.0) + (figure or 0.0)
    return [*kept, (OTHERS, measure, figures)]


def _timed(
    answers: Sequence[Answer], named: Sequence[list[Named]], bucket: str, unit: str | None
) -> Data:
    """Return a course of time without gaps; rows without a time are no part of it."""
    spans = [_span(groups) for _, groups in answers]
    begins = buckets.between([begin for span in spans for begin in span], bucket)
    series: list[Series] = []
    for span, each in zip(spans, named, strict=True):
        for name, measure, known in each:
            figures = {buckets.parse_begin(key): known[key] for key in known if key is not None}
            # Before its query's first time and after its last there is nothing, which isn't 0.
            inside = (bool(span) and span[0] <= begin <= span[1] for begin in begins)
            course = (
                _figure(figures, begin, measure) if within else None
                for begin, within in zip(begins, inside, strict=True)
            )
            series.append(Series(name, tuple(course), len(series) + 1))
    return Data(tuple(buckets.slots(begins, bucket)), tuple(series), unit, timed=True)


def _span(groups: Groups) -> list[datetime]:
    """Return the first and the last time of an answer, [] where it has none."""
    begins = [buckets.parse_begin(row.key[0]) for row in groups.rows if row.key[0] is not None]
    return [min(begins), max(begins)] if begins else []


def _categories(
    answers: Sequence[Answer], named: Sequence[Named], most: int, unit: str | None
) -> Data:
    labels: dict[Any, str] = {}
    for _, groups in answers:
        for row in groups.rows:
            labels.setdefault(row.key[0], printable(row.labels[0]) or BLANK)
    keys = list(labels)
    summed = all(measure.function in SUMMED for _, measure, _ in named)
    kept = keys if len(keys) <= most else keys[: most - 1 if summed else most]
    rest = keys[len(kept) :]
    slots = [Slot(labels[key], labels[key]) for key in kept]
    if rest and summed:
        slots.append(Slot(f"{OTHERS} ({len(rest):,})", OTHERS))
    series = tuple(
        Series(name, tuple(_figures(known, measure, kept, rest if summed else ())), place)
        for place, (name, measure, known) in enumerate(named, 1)
    )
    return Data(tuple(slots), series, unit, left_out=_left_out(answers, rest, summed))


def _figures(
    known: Mapping[Any, Figure], measure: Measure, kept: Iterable[Any], rest: Sequence[Any]
) -> Iterable[Figure]:
    yield from (_figure(known, key, measure) for key in kept)
    if rest:
        yield total([known.get(key) for key in rest])


def _figure(known: Mapping[Any, Figure], key: Any, measure: Measure) -> Figure:
    return known.get(key, 0.0 if measure.function in SUMMED else None)


def _left_out(answers: Sequence[Answer], rest: Sequence[Any], summed: bool) -> str | None:
    more = [query.size for query, groups in answers if groups.more]
    if more:
        return f"These are the first {more[0]:,}; there are more."
    return None if summed or not rest else f"{len(rest):,} more are not drawn."

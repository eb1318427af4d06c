"""A tile: one number, its tone, its course, and how it was a step earlier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from dashboard.catalog import VisibleCatalog
from dashboard.queries import TableQuery, fetch_groups
from dashboard.queries.query import GroupSort
from dashboard.views.charts import buckets
from dashboard.views.charts.figures import as_number, short, whole, with_unit
from dashboard.views.charts.series import Figure, Slot
from dashboard.views.charts.spark import Spark, spark
from dashboard.views.panels.charting import SUMMED
from dashboard.views.panels.questions import Questions
from dashboard.views.panels.spec import PanelSpec

STEPS = 48
"""How many steps a sparkline goes back."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A step of the course: what it's called, and its figure as text."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class TileState:
    """``number`` is short and ``exact`` isn't; ``at`` is the step that it is of, if it's of one.

    ``way`` is ``up``, ``down`` or ``same``: how ``now`` compares with ``earlier``.
    """

    number: str
    exact: str
    unit: str | None
    tone: str | None
    at: str | None = None
    now: Moment | None = None
    earlier: Moment | None = None
    way: str | None = None
    spark: Spark | None = None
    course: str | None = None


def load_tile(
    session: Session, spec: PanelSpec, asked: Questions, catalog: VisibleCatalog
) -> TileState:
    """Return the tile's state. Raises TypeError where its figure is no number."""
    unit = spec.unit or ("%" if asked.second is not None else None)
    if asked.query.groups:
        course = _course(session, asked.query, None, catalog)
        known = [at for at, figure in enumerate(course.figures) if figure is not None]
        latest = known[-1] if known else None
        figure = None if latest is None else course.figures[latest]
        at = None if latest is None else course.slots[latest].short
        return _state(spec, unit, figure, figure, course, at)
    value = _value(session, asked.query, catalog)
    figure = as_number(value)
    if asked.second is not None:
        value = figure = _share(figure, as_number(_value(session, asked.second, catalog)))
    if asked.course is None:
        return _state(spec, unit, figure, value, Course((), ()), None)
    course = _course(session, asked.course, asked.second_course, catalog)
    return _state(spec, unit, figure, value, course, None)


@dataclass(frozen=True, slots=True)
class Course:
    slots: tuple[Slot, ...]
    figures: tuple[Figure, ...]


def tone_of(figure: Figure, spec: PanelSpec) -> str | None:
    """Return the tone of a number: ``critical``, ``warning``, or ``good`` with any threshold."""
    if figure is None or (spec.warning is None and spec.critical is None):
        return None
    for tone, threshold in (("critical", spec.critical), ("warning", spec.warning)):
        if threshold is not None:
            reached = figure >= threshold if spec.bad == "high" else figure <= threshold
            if reached:
                return tone
    return "good"


def _state(
    spec: PanelSpec, unit: str | None, figure: Figure, value: Any, course: Course, at: str | None
) -> TileState:
    known = [place for place, each in enumerate(course.figures) if each is not None]
    now = known[-1] if known else None
    earlier = known[-2] if len(known) > 1 else None
    return TileState(
        number=short(figure),
        exact=with_unit(whole(value), unit),
        unit=None if figure is None else unit,
        tone=tone_of(figure, spec),
        at=at,
        now=_moment(course, now, unit),
        earlier=_moment(course, earlier, unit),
        way=_way(course.figures, earlier, now),
        spark=spark(course.figures),
        course=_told(course, unit),
    )


def _moment(course: Course, place: int | None, unit: str | None) -> Moment | None:
    if place is None:
        return None
    text = with_unit(short(course.figures[place]), unit)
    return Moment(course.slots[place].short, text)


def _way(figures: Sequence[Figure], earlier: int | None, now: int | None) -> str | None:
    if earlier is None or now is None:
        return None
    before, after = figures[earlier] or 0.0, figures[now] or 0.0
    return "same" if before == after else "up" if after > before else "down"


def _told(course: Course, unit: str | None) -> str | None:
    """Return the course in words, for who can't see the line."""
    known = [
        f"{slot.short}: {with_unit(short(figure), unit)}"
        for slot, figure in zip(course.slots, course.figures, strict=True)
        if figure is not None
    ]
    return ", ".join(known) or None


def _share(part: Figure, whole_: Figure) -> Figure:
    return None if part is None or not whole_ else 100 * part / whole_


def _value(session: Session, query: TableQuery, catalog: VisibleCatalog) -> Any:
    rows = fetch_groups(session, query, catalog).rows
    return rows[0].values[0] if rows else None


def _course(
    session: Session, query: TableQuery, second: TableQuery | None, catalog: VisibleCatalog
) -> Course:
    figures = _steps(session, query, catalog)
    wholes = None if second is None else _steps(session, second, catalog)
    bucket = query.groups[0].bucket
    assert bucket is not None
    begins = buckets.between([*figures, *(wholes or ())], bucket)[-STEPS:]
    nothing = 0.0 if query.measures[0].function in SUMMED else None
    found = [figures.get(begin, nothing) for begin in begins]
    if wholes is not None:
        found = [_share(part, wholes.get(begin)) for part, begin in zip(found, begins, strict=True)]
    return Course(tuple(buckets.slots(begins, bucket)), tuple(found))


def _steps(session: Session, query: TableQuery, catalog: VisibleCatalog) -> dict[Any, Figure]:
    """Return the newest steps' figures by the begin of the step."""
    newest = query.but(size=STEPS + 1, group_sort=(GroupSort(query.groups[0], descending=True),))
    return {
        buckets.parse_begin(row.key[0]): as_number(row.values[0])
        for row in fetch_groups(session, newest, catalog).rows
        if row.key[0] is not None
    }

"""A chart's state: its data, and the marks of the form that it has."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from dashboard.catalog import VisibleCatalog
from dashboard.queries import TableQuery, fetch_groups
from dashboard.queries.query import GroupSort
from dashboard.views.charts.bars import Bars, bars
from dashboard.views.charts.donut import Donut, donut
from dashboard.views.charts.plot import Plot, columns, figure_text, lines
from dashboard.views.charts.series import Data
from dashboard.views.panels.charting import data_of
from dashboard.views.panels.questions import Questions
from dashboard.views.panels.spec import PanelSpec


@dataclass(frozen=True, slots=True)
class ChartState:
    """``form`` is the name of the macro that draws it; ``table`` has the same figures as texts."""

    form: str
    data: Data
    drawn: Plot | Bars | Donut
    heading: str
    table: tuple[tuple[str, ...], ...]

    @property
    def legend(self) -> bool:
        return self.form != "donut" and len(self.data.series) > 1


def load_chart(
    session: Session, spec: PanelSpec, asked: Questions, catalog: VisibleCatalog
) -> ChartState | None:
    """Return the chart's state, None where there is no figure to draw.

    Raises TypeError where a figure is no number.
    """
    queries = [_newest(each) for each in (asked.query, asked.second) if each is not None]
    answers = [(query, fetch_groups(session, query, catalog)) for query in queries]
    chart = spec.chart or "bar"
    data = data_of(answers, chart, spec.names, spec.unit)
    if data.empty:
        return None
    form, drawn = _draw(chart, data)
    if isinstance(drawn, Donut) and not drawn.arcs:
        return None
    heading = asked.query.groups[0].label
    return ChartState(form, data, drawn, heading, tuple(_table(data)))


def _newest(query: TableQuery) -> TableQuery:
    """Let a course of time that is too long lose its begin rather than its end."""
    if query.groups[0].bucket is None:
        return query
    return query.but(group_sort=(GroupSort(query.groups[0], descending=True),))


def _draw(chart: str, data: Data) -> tuple[str, Plot | Bars | Donut]:
    if chart == "donut":
        return "donut", donut(data)
    if chart == "line":
        return "plot", lines(data)
    # A course of time goes from left to right; categories are read from top to bottom.
    stacked = chart == "stacked"
    return ("plot", columns(data, stacked)) if data.timed else ("bars", bars(data, stacked))


def _table(data: Data) -> list[tuple[str, ...]]:
    return [
        (slot.label, *(figure_text(each.figures[at], data.unit) for each in data.series))
        for at, slot in enumerate(data.slots)
    ]

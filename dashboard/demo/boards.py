"""The demo's boards: what an airport's operations room, and a hall of departures, look at."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from dashboard.models import first_boards
from dashboard.models.boards import Board, Panel

FLOWN = "status__in=departed,landed"
OPEN = "status__in=scheduled,delayed"
NEXT = "_col=scheduled&_col=carrier&_col=number&_col=destination&_col=status&_col=delay"

OPERATIONS: tuple[dict[str, Any], ...] = (
    {
        "title": "On time",
        "kind": "tile",
        "query": f"{FLOWN}&delay__lt=15&_agg=count",
        "second_query": f"{FLOWN}&_agg=count",
        # By the hour in which they left: those planned for this hour that have left are the
        # punctual ones.
        "trend": "expected:hour",
        "unit": "%",
        "warning": 80,
        "critical": 60,
        "bad": "low",
        "row": 1,
        "width": 3,
    },
    {
        "title": "Average delay now",
        "kind": "tile",
        "query": "status__in=delayed,departed,landed&_agg=avg:delay&_by=expected:hour",
        "unit": "min",
        "warning": 15,
        "critical": 45,
        "row": 1,
        "width": 3,
    },
    {
        "title": "Waiting to leave late",
        "kind": "tile",
        "query": "status=delayed&_agg=count",
        "trend": "scheduled:hour",
        "warning": 10,
        "critical": 40,
        "row": 1,
        "width": 3,
    },
    {
        "title": "Cancelled",
        "kind": "tile",
        "query": "status=cancelled&_agg=count",
        "trend": "scheduled:hour",
        "warning": 20,
        "critical": 60,
        "row": 1,
        "width": 3,
    },
    {
        "title": "Departures per hour",
        "kind": "chart",
        "chart": "line",
        "query": "_agg=count&_by=scheduled:hour",
        "second_query": f"{FLOWN}&_agg=count&_by=expected:hour",
        "series": "Planned, Flown",
        "row": 2,
        "width": 8,
    },
    {
        "title": "The day's flights",
        "kind": "chart",
        "chart": "donut",
        "query": "_agg=count&_by=status",
        "row": 2,
        "width": 4,
    },
    {
        "title": "Average delay by airline",
        "kind": "chart",
        "chart": "bar",
        "query": "_agg=avg:delay&_by=carrier&delay__notnull=1&_sort_desc=avg:delay",
        "unit": "min",
        "row": 3,
        "width": 4,
    },
    {
        "title": "Worst delays",
        "kind": "table",
        "query": "delay__notnull=1&_sort_desc=delay&_size=10&" + NEXT,
        "row": 3,
        "width": 8,
    },
)


def _airport(code: str, name: str, row: int) -> tuple[dict[str, Any], ...]:
    here = f"origin={code}"
    return (
        {
            "title": f"{name}, next departures",
            "kind": "table",
            "query": f"{here}&{OPEN}&_sort=scheduled&_size=8&{NEXT}",
            "row": row,
            "width": 8,
        },
        {
            "title": f"{name} by the hour",
            "kind": "chart",
            "chart": "stacked",
            "query": f"{here}&_agg=count&_by=scheduled:hour&_by=status",
            "row": row,
            "width": 4,
        },
    )


DEPARTURES = (
    *_airport("EWR", "Newark", 1),
    *_airport("JFK", "Kennedy", 2),
    *_airport("LGA", "LaGuardia", 3),
)


def make_boards(session: Session) -> bool:
    """Make the boards, unless they've been made before or there are others; tell whether."""
    operations = Board(
        title="Operations",
        slug="operations",
        description="How the day goes at New York's airports.",
        position=1,
        panels=_panels(OPERATIONS),
    )
    departures = Board(
        title="Departures",
        slug="departures",
        description="What leaves next, by airport.",
        position=2,
        panels=_panels(DEPARTURES),
    )
    return first_boards.add(session, first_boards.DEMO, operations, departures)


def _panels(panels: tuple[dict[str, Any], ...]) -> list[Panel]:
    places: dict[int, int] = {}
    found = []
    for values in panels:
        place = places[values["row"]] = places.get(values["row"], 0) + 1
        found.append(Panel(table_name="flights", place=place, **values))
    return found

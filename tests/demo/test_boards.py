"""The demo's boards: every panel can be answered, they move with the day, and are made once."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from pyramid.path import DottedNameResolver

from dashboard.catalog import VisibleCatalog, catalog_of
from dashboard.demo.board import find_flights, tell, writing
from dashboard.demo.boards import make_boards
from dashboard.demo.day import board_at
from dashboard.models.boards import Board, Panel
from dashboard.queries import fetch_page
from dashboard.views.panels import PanelSpec
from dashboard.views.panels.drawing import load_chart
from dashboard.views.panels.questions import questions
from dashboard.views.panels.tiles import load_tile


@pytest.fixture(scope="module")
def catalog() -> VisibleCatalog:
    found = catalog_of(("dashboard.demo.models",), DottedNameResolver().maybe_resolve)
    return VisibleCatalog(found, lambda table: table.view_role == "watcher")


@pytest.fixture
def states(sessions, catalog):
    """Return a function that tells what every panel shows at a time of the day."""

    def load(hour):
        with writing(sessions) as session:
            tell(session, find_flights(session), board_at(datetime(2013, 7, 22, hour)))
        with sessions() as session:
            return {
                panel.title: state(session, PanelSpec.of(panel), catalog)
                for panel in session.scalars(sa.select(Panel))
            }

    return load


def state(session, spec, catalog):
    asked = questions(spec, catalog)
    if spec.kind == "tile":
        return load_tile(session, spec, asked, catalog)
    if spec.kind == "chart":
        return load_chart(session, spec, asked, catalog)
    return fetch_page(session, asked.query, catalog).rows


def test_every_panel_moves_with_the_day(states):
    noon, evening = states(12), states(19)
    assert len(noon) == 14
    unmoved = [title for title in noon if noon[title] == evening[title]]
    assert unmoved == []


def test_the_figures_are_those_of_the_day(states):
    """They agree with one another, whatever panel shows them."""
    evening = states(19)
    ring = evening["The day's flights"]
    assert ring.drawn.total == "1,000"
    lines = evening["Departures per hour"].data
    planned, flown = lines.series
    assert (planned.name, flown.name) == ("Planned", "Flown")
    assert sum(filter(None, planned.figures)) == 1000
    shares = {arc.label: int(arc.text) for arc in ring.drawn.arcs}
    assert sum(filter(None, flown.figures)) == shares["Departed"] + shares["Landed"]
    assert evening["Cancelled"].number == str(shares["Cancelled"])
    # What hasn't happened yet isn't drawn as nothing.
    assert flown.figures[-1] is None
    assert 0 < float(evening["On time"].number) < 100


def test_they_are_made_once(sessions):
    with sessions.begin() as session:
        assert not make_boards(session)
        session.execute(sa.delete(Board))
        assert not make_boards(session)

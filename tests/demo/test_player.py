"""The replay inside of a server begins with the first request, and only where it is wanted."""

import time

import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from webtest import TestApp

from dashboard.demo.board import position
from dashboard.settings import Settings


@pytest.fixture
def app(sessions):
    """Return a function that makes an application of nothing but the demo."""
    made = []

    def make(**settings):
        with Configurator() as config:
            config.registry["dashboard.settings"] = Settings(**settings)
            config.registry["dashboard.dbsession_factory"] = sessions
            config.include("dashboard.demo")
            config.add_route("home", "/")
            config.add_view(lambda request: Response("home"), route_name="home")
            app = config.make_wsgi_app()
        made.append(app)
        return app

    yield make
    for each in made:
        player = each.registry.get("dashboard.player")
        if player is not None:
            player.end()


def clock(sessions):
    with sessions() as session:
        return position(session)


def test_it_begins_with_the_first_request(app, sessions):
    browser = TestApp(app(demo=True, replay=60))
    assert clock(sessions) is None
    browser.get("/")
    browser.get("/")
    end = time.monotonic() + 10
    while clock(sessions) is None:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("settings", [{"demo": True}, {"replay": 60.0}, {}])
def test_nothing_plays_unless_it_is_wanted(app, settings):
    assert "dashboard.player" not in app(**settings).registry


def test_an_error_is_logged_and_the_server_goes_on(app, sessions, caplog):
    made = app(demo=True, replay=60)
    with sessions.begin() as session:
        session.connection().exec_driver_sql("DROP TABLE flights")
    TestApp(made).get("/")
    made.registry["dashboard.player"].end()
    assert "The replay ended" in caplog.text

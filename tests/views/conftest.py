"""The real program over a database of its own and a few bad views."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
import sqlalchemy as sa
from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPNotFound
from pyramid.security import NO_PERMISSION_REQUIRED
from webtest import TestApp

from dashboard import program
from dashboard.models.passwords import hash_password
from dashboard.models.people import User
from dashboard.models.setting import Setting
from dashboard.views.errors import BadInput
from tests.support.ending import stop
from tests.support.slow import ENDLESS

PASSWORD = "a long enough password"


class Site:
    """An application, its database, and browsers to use it with."""

    def __init__(self, url: str, **settings: str) -> None:
        given = {"dashboard.environment": "development", **settings, "sqlalchemy.url": url}
        with Configurator(settings=given) as config:
            config.include(program)
            config.include(_bad_views)
            self.app = config.make_wsgi_app()
        self.registry = self.app.registry
        self.factory = self.registry["dashboard.dbsession_factory"]

    def close(self) -> None:
        stop(self.registry)

    def browser(self, **environ: str) -> TestApp:
        return TestApp(self.app, extra_environ={"REMOTE_ADDR": "192.0.2.1", **environ})

    def add_user(self, name: str = "ada", role: str = "admin", password: str = PASSWORD) -> int:
        with self.factory.begin() as session:
            user = User(name=name, role=role, password_hash=hash_password(password))
            session.add(user)
            session.flush()
            return user.id

    def signed_in(self, name: str = "ada", **environ: str) -> TestApp:
        browser = self.browser(**environ)
        sign_in(browser, name)
        return browser

    def scalar(self, statement):
        with self.factory() as session:
            return session.scalar(statement)

    def execute(self, statement):
        with self.factory.begin() as session:
            session.execute(statement)

    def count(self, model) -> int:
        return self.scalar(sa.select(sa.func.count()).select_from(model))


def sign_in(browser, name="ada", password=PASSWORD, status="*", **fields):
    """Send what the sign-in form sends, without the time that rendering it takes."""
    sent = {"csrf_token": token_of(browser), "name": name, "password": password, **fields}
    return browser.post("/sign-in", sent, status=status)


def form_of(page, field="password"):
    """Return the page's form that has ``field``; the layout has forms of its own."""
    return next(form for form in page.forms.values() if field in form.fields)


def ways_on(page) -> dict[str, str]:
    """Return where the page of an error leads to."""
    return {each.text: each["href"] for each in page.html.select(".fault-actions a")}


def token_of(browser) -> str:
    """Return the CSRF token of the browser's session."""
    return browser.get("/test/token").json


@pytest.fixture
def make_site(bare_database):
    """Make sites over one database; their connections are closed when the test is over."""
    sites = []

    def make(**settings: str) -> Site:
        sites.append(Site(bare_database, **settings))
        return sites[-1]

    yield make
    for each in sites:
        each.close()


@pytest.fixture
def site(make_site):
    return make_site()


def locked(request):
    raise sa.exc.OperationalError("UPDATE x", {}, _sqlite_error("SQLITE_BUSY"))


def lost(request):
    """Lose the database at the commit, as is told by an error without a statement."""
    error = psycopg.OperationalError("the connection is lost")
    raise sa.exc.OperationalError(None, None, error, connection_invalidated=True)


def contended(request):
    """Fail as PostgreSQL does where transactions meet, in as many attempts as are asked for."""
    name = f"attempt {request.environ['retry.attempt']} of {request.GET['times']}"
    request.dbsession.add(Setting(name=name, value="x"))
    request.dbsession.flush()

    def fail(session=None):
        raise sa.exc.OperationalError("UPDATE x", {}, psycopg.errors.SerializationFailure("met"))

    if request.environ["retry.attempt"] < int(request.GET["times"]):
        if "late" not in request.GET:
            fail()
        sa.event.listen(request.dbsession, "before_commit", fail)
    return name


def wrong_statement(request):
    with request.registry["dashboard.dbsession_factory"]() as session:
        session.execute(sa.text("SELECT * FROM no_such_table"))


def no_table(request):
    raise HTTPNotFound("There is no table 'x<b>' here.")


def bad_input(request):
    raise BadInput("_size", "_size must be a number.")


def boom(request):
    raise RuntimeError("the secret is 4711")


def slow(request):
    request.dbsession.execute(ENDLESS)


def token(request):
    return get_csrf_token(request)


def written(request):
    return {"written": True}


def _bad_views(config: Configurator) -> None:
    """Add views that fail in every way that a view can, and some that need a permission."""

    def add(view, name, permission=NO_PERMISSION_REQUIRED):
        config.add_route(f"test-{name}", f"/test/{name}*rest")
        config.add_view(view, route_name=f"test-{name}", renderer="json", permission=permission)

    for view in (locked, lost, contended, wrong_statement, no_table, bad_input, boom, slow, token):
        add(view, view.__name__)
    config.add_route("test-plain", "/test/plain")
    config.add_view(written, route_name="test-plain", renderer="json")
    for permission in ("view", "edit", "admin"):
        add(written, permission, permission)


def _sqlite_error(code: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = getattr(sqlite3, code)
    return error

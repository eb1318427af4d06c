"""The real program over the warehouse's tables, and people with each role to use it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from pyramid.config import Configurator
from webtest import TestApp

from dashboard import program
from dashboard.models import passwords
from dashboard.models.log import ChangeRecord
from dashboard.models.people import User
from tests.forms import models
from tests.support.ending import stop

PASSWORD = "a long enough password"


class Site:
    """An application, its database, and browsers to use it with."""

    def __init__(self, url: str) -> None:
        settings = {
            "sqlalchemy.url": url,
            "dashboard.environment": "development",
            "dashboard.models": "tests.forms.models",
        }
        with Configurator(settings=settings) as config:
            config.include(program)
            self.app = config.make_wsgi_app()
        self.sessions = self.app.registry["dashboard.dbsession_factory"]
        models.Base.metadata.create_all(self.app.registry["dashboard.engine"])
        with self.sessions.begin() as session:
            secret = passwords.hash_password(PASSWORD)
            for role in ("watcher", "editor", "admin"):
                session.add(User(name=role, role=role, password_hash=secret))

    def browser(self) -> TestApp:
        return TestApp(self.app, extra_environ={"REMOTE_ADDR": "192.0.2.1"})

    def signed_in(self, role: str) -> TestApp:
        browser = self.browser()
        form = browser.get("/sign-in").forms
        form = next(each for each in form.values() if "password" in each.fields)
        form["name"], form["password"] = role, PASSWORD
        form.submit(status=303)
        return browser

    def add(self, record):
        """Store a record and return its key: the id, or a tuple."""
        with self.sessions.begin() as session:
            session.add(record)
            session.flush()
            key = tuple(sa.inspect(record).identity)
        return key[0] if len(key) == 1 else key

    def execute(self, statement):
        with self.sessions.begin() as session:
            return session.execute(statement).rowcount

    def all(self, statement):
        with self.sessions() as session:
            return list(session.execute(statement).mappings())

    def one(self, statement):
        (row,) = self.all(statement)
        return dict(row)

    def people(self):
        return self.all(sa.select(models.Person.__table__).order_by(models.Person.id))

    def state(self):
        """Return all that a refused write must leave as it was."""
        tables = [*models.Base.metadata.sorted_tables, ChangeRecord.__table__, User.__table__]
        return {table.name: self.all(sa.select(table)) for table in tables}


def form_of(page, field="_version"):
    """Return the page's form that has ``field``; the layout has a form of its own."""
    return next(form for form in page.forms.values() if field in form.fields)


@pytest.fixture
def site(database):
    site = Site(database)
    yield site
    stop(site.app.registry)


@pytest.fixture
def editor(site):
    return site.signed_in("editor")


@pytest.fixture
def fill(editor):
    """Open a form's page, type into it, and send it."""

    def fill(path, status=None, **texts):
        form = form_of(editor.get(path))
        for name, text in texts.items():
            form[name] = text
        return form.submit(status=status)

    return fill


@pytest.fixture
def ada(site):
    return site.add(models.Person(name="Ada", code="a", notes="first", password="hidden"))


@pytest.fixture
def parcel(site, ada):
    return site.add(models.Parcel(depot="north", number=1, owner_id=ada, label="one"))

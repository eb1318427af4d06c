"""The forms in a real browser: what it does to a control's text must not change a record."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from dashboard.models import passwords
from dashboard.models.people import User
from tests.forms import models
from tests.forms.models import Grade, Parcel, Person, Sample, Urgency
from tests.support.browser import PASSWORD, Window
from tests.support.databases import NUL, POSTGRESQL
from tests.support.server import running

pytestmark = pytest.mark.browser

LARGEST = 2**31 - 1 if POSTGRESQL else 2**53 + 1
NASTY = [
    {"text": " blanks ", "longtext": "\n\nleading and trailing\n\n"},
    {"text": "two\nlines", "longtext": "a\r\nb\r\n"},
    {"text": "a\rb", "longtext": "mixed\r\nline\nends\r"},
    {"text": "</textarea>'\"<script>", "longtext": "</textarea><script>alert(1)</script>"},
    {"text": "\u2028\u2029\ufeff\x01\x0c", "longtext": f"{NUL} NUL \x7f"},
    {"text": "", "longtext": ""},
    {"datetime": datetime(2013, 7, 22, 5, 17, 9, 123_456), "time": time(5, 17, 9, 1)},
    {"datetime": datetime(2013, 7, 22, 5), "time": time(5)},
    {"datetime": datetime(1, 1, 1), "date": date(1, 1, 1)},
    {"datetime": datetime(9999, 12, 31, 23, 59, 59, 999_999), "date": date(9999, 12, 31)},
    {"instant": datetime(2013, 7, 22, 5, 17, 9, tzinfo=UTC)},
    {
        "number": Decimal("1.5000"),
        "integer": LARGEST,
        "boolean": False,
    },
    {"grade": Grade.high, "urgency": Urgency.RUSH, "colour": "red", "level": 2},
    {"json": {"a": ["\ud800", "</textarea>", 1.0, None]}, "bytes": b"\0"},
    {"interval": timedelta(days=1, microseconds=1)},
]


@pytest.fixture
def server(database):
    with running(database, models="tests.forms.models") as server:
        models.Base.metadata.create_all(server.registry["dashboard.engine"])
        with server.sessions.begin() as session:
            secret = passwords.hash_password(PASSWORD)
            session.add(User(name="ed", role="editor", password_hash=secret))
            session.add_all([Person(name="Ada"), Person(name="Grace")])
        yield server


@pytest.fixture
def page(chromium, server):
    window = Window(chromium, server.url)
    window.expect_problems("409")
    yield window.sign_in("ed")
    window.close()


def rows(server, model):
    with server.sessions() as session:
        statement = sa.select(model.__table__).order_by(*model.__table__.primary_key)
        return [dict(row) for row in session.execute(statement).mappings()]


def save(page):
    page.locator("form.form button.primary").click()


def test_saving_an_untouched_form_changes_nothing(server, page):
    with server.sessions.begin() as session:
        session.add_all(Sample(**values) for values in NASTY)
    before = rows(server, Sample)
    for row in before:
        page.goto(f"/tables/sample/{row['id']}/edit")
        save(page)
        page.wait_for_url(f"**/tables/sample/{row['id']}")
        assert rows(server, Sample)[row["id"] - 1] == row
    assert rows(server, Sample) == before


def test_a_reference_is_picked_by_its_name(server, page):
    page.goto("/tables/parcel/new")
    page.get_by_label("Depot").fill("north")
    page.get_by_label("Number").fill("1")
    page.get_by_label("Label").fill("one")
    owner = page.get_by_role("combobox", name="Owner")
    owner.fill("gra")
    page.get_by_role("option", name="Grace").click()
    save(page)
    page.wait_for_url("**/tables/parcel/north,1")
    (parcel,) = rows(server, Parcel)
    assert (parcel["owner_id"], str(parcel["weight"])) == (2, "1.500")
    page.goto("/tables/parcel/north,1/edit")
    expect(page.get_by_label("Owner")).to_have_value("Grace")


def test_a_conflict_is_joined(server, page):
    page.goto("/tables/person/1/edit")
    page.get_by_label("Notes").fill("mine")
    with server.sessions.begin() as session:
        ada = session.get(Person, 1)
        ada.notes, ada.code = "theirs", "x"
    save(page)
    # The buttons work as soon as the page's modules have been loaded.
    page.wait_for_load_state("networkidle")
    conflict = page.locator("[data-conflict]")
    expect(conflict).to_contain_text("theirs")
    expect(page.get_by_label("Notes", exact=True)).to_have_value("mine")
    expect(page.get_by_label("Code", exact=True)).to_have_value("x")
    conflict.get_by_role("button", name="Take theirs for Notes").click()
    expect(page.get_by_label("Notes", exact=True)).to_have_value("theirs")
    save(page)
    page.wait_for_url("**/tables/person/1")
    assert rows(server, Person)[0]["notes"] == "theirs"

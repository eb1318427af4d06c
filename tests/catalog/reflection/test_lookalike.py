"""A database like those that people have: gone through, written to from outside, left as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.catalog import Catalog
from dashboard.catalog.reflection import reflect
from dashboard.models.engine import make_engine
from dashboard.settings import SettingsError
from tests.catalog.reflection.browsing import Browsing, form_of
from tests.catalog.reflection.lookalike import make, run
from tests.support.databases import Databases
from tests.support.services import address_of


@pytest.fixture
def sqlite(tmp_path) -> str:
    url = f"sqlite:///{tmp_path}/others.sqlite"
    make(url)
    return url


@pytest.fixture
def postgresql(tmp_path) -> Iterator[str]:
    databases = Databases(tmp_path, address_of("postgresql"))
    url = databases.make()
    make(url)
    yield url
    databases.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request) -> str:
    return request.getfixturevalue(request.param)


@pytest.fixture
def browse() -> Iterator[type[Browsing]]:
    opened = []

    def browse(url):
        opened.append(Browsing(url))
        return opened[-1]

    yield browse
    for each in opened:
        each.close()


def test_everything_opens_and_what_may_be_edited_is(sqlite, browse):
    browsing = browse(sqlite)
    problems = browsing.everything()
    assert not problems, "\n".join(problems)
    assert browsing.edits > 60


def test_what_postgresql_has_besides_opens_too(postgresql, browse):
    browsing = browse(postgresql)
    assert "never_refreshed" not in browsing.catalog
    names = ("shipment", "film", "payment", "HumanResources.Employee", "Top")
    problems = browsing.everything(*names)
    assert not problems, "\n".join(problems)
    assert browsing.edits > 5


def test_a_name_that_is_not_there_is_refused(url):
    with pytest.raises(SettingsError) as caught:
        reflect(make_engine(url), ["Album albums"], Catalog())
    sentence = str(caught.value)
    assert "dashboard.reflect names albums, which is no table of this database." in sentence
    assert '"Order Details"' in sentence
    assert "django_admin_log" in sentence


def test_bytes_in_a_column_of_another_type_are_shown_and_kept(sqlite, browse):
    browsing = browse(sqlite)
    page = browsing.get("/tables/areas/1/edit")
    assert ">4 bytes</output>" in page.text
    form = form_of(page, "_version")
    assert "shape" not in form.fields
    assert "shape" in form_of(browsing.get("/tables/areas/2/edit"), "_version").fields
    form["seen"] = "2026-01-01"
    form.submit(status=303)
    row = run(sqlite, "SELECT hex(shape), seen FROM areas WHERE fid = 1")[0]
    assert row == ("475000FF", "2026-01-01 00:00:00")


def test_what_only_the_own_program_can_compute_is_refused_with_the_reason(sqlite, browse):
    browsing = browse(sqlite)
    form = form_of(browsing.get("/tables/areas/1/edit"), "_version")
    form["title"] = "Pond"
    assert "no such function: title_sort" in form.submit(status=422).text
    page = form_of(browsing.get("/tables/areas/1/delete"), "_version").submit(status=409)
    assert "no such collation sequence: theirs" in page.text


def test_what_waits_for_the_commit_is_checked_before(url, browse):
    browsing = browse(url)
    page = form_of(browsing.get("/tables/django_content_type/2/delete"), "_version").submit(
        status=409
    )
    assert "Other records still refer to this one" in page.text
    form = form_of(browsing.get("/tables/django_admin_log/1/edit"), "_version")
    form["content_type_id"] = "99"
    assert "There is no such Content type" in form.submit(status=422).text
    form_of(browsing.get("/tables/django_content_type/1/delete"), "_version").submit(status=303)


def test_what_fails_at_the_commit_is_no_fault_of_ours(sqlite):
    browsing = Browsing(sqlite, reflect="django_content_type")
    form = form_of(browsing.get("/tables/django_content_type/2/delete"), "_version")
    page = form.submit(status=422)
    assert "The database refused this: FOREIGN KEY constraint failed." in page.text
    assert "was deleted" not in page.text
    browsing.close()


def test_numbers_among_dates_are_in_no_month(sqlite, browse):
    page = browse(sqlite).get("/tables/areas?_by=seen:month")
    assert "2026" not in page.text.partition("<main")[2]


def test_an_edit_is_on_the_streams_of_other_pages(url, browse):
    browsing = browse(url)
    page = browsing.get("/tables/Album")
    form = form_of(browsing.get("/tables/Album/4/edit"), "_version")
    form["Title"] = "Let There Be Light"
    form.submit(status=303)
    assert "Let There Be Light" in browsing.patch(page)

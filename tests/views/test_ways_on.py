"""The page of an error leads on: back to the form, to its table, to where one signs in."""

from __future__ import annotations

import pytest

from tests.views.conftest import token_of, ways_on

START = {"Go to the start": "/"}
BOARDS = {"Go to Boards": "/tables/boards"}


@pytest.fixture
def editor(site):
    site.add_user()
    return site.signed_in()


def test_a_form_that_is_refused_leads_back_to_itself(editor):
    page = editor.post("/tables/boards/new?_back=/", {"csrf_token": "old"}, status=403)
    assert ways_on(page) == {"Back to the form": "/tables/boards/new?_back=/", **BOARDS, **START}


def test_who_was_signed_out_over_a_form_comes_back_to_it(site):
    browser = site.browser()
    page = browser.post("/tables/boards/new", {"csrf_token": token_of(browser)}, status=403)
    assert ways_on(page) == {"Sign in": "/sign-in?next=%2Ftables%2Fboards%2Fnew", **START}


def test_what_has_no_page_is_no_way_back(site):
    page = site.browser().post("/sign-out", {"csrf_token": "old"}, status=403)
    assert ways_on(page) == {"Sign in": "/sign-in", **START}


@pytest.mark.parametrize(
    ("path", "status", "way"),
    [
        ("/tables/boards?_size=many", 400, {"Show all of Boards": "/tables/boards"}),
        ("/tables/boards/0", 404, BOARDS),
        ("/tables/boards/0/edit", 404, BOARDS),
        ("/nothing", 404, {}),
    ],
)
def test_a_table_is_there_though_its_query_or_its_record_is_not(editor, path, status, way):
    assert ways_on(editor.get(path, status=status)) == {**way, **START}


def test_signing_in_leads_back_to_what_was_read(make_site):
    browser = make_site(**{"dashboard.public": "true"}).browser()

    def sign_in(path):
        return browser.get(path).html.select_one(".bar-user a")["href"]

    assert sign_in("/tables/boards?_size=5") == "/sign-in?next=%2Ftables%2Fboards%3F_size%3D5"
    assert sign_in("/") == sign_in("/sign-in") == "/sign-in"

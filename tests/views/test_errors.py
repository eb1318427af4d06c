from __future__ import annotations

import logging
import sqlite3

import pytest
import sqlalchemy as sa

from dashboard.models.setting import Setting
from dashboard.views.errors import is_unavailable
from tests.views.conftest import PASSWORD, token_of, ways_on

JSON = {"Accept": "application/json"}


@pytest.fixture
def browser(site):
    return site.browser()


def text_of(page):
    return " ".join(page.html.find("main").get_text().split())


# Nothing there --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nothing", "/tables", "/test/", "/%00", "/a/../..", "/<b>"])
def test_an_unknown_address(browser, path):
    page = browser.get(path, status=404)
    assert page.content_type == "text/html"
    assert "404 There is nothing here There is no page at this address." in text_of(page)


def test_an_unknown_table_is_named(site):
    site.add_user()
    page = site.signed_in().get("/tables/%3Cb%3E", status=404)
    assert "There is no table '<b>' here." in text_of(page)
    assert "<b>" not in page.text


def test_a_programs_answer_is_json(browser):
    error = browser.get("/test/no_table", headers=JSON, status=404).json["error"]
    assert error == {
        "status": 404,
        "title": "There is nothing here",
        "text": "There is no table 'x<b>' here.",
    }


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("text/html, application/json", "text/html"),
        ("application/json, text/html;q=0.5", "application/json"),
        ("application/json", "application/json"),
        ("image/png", "text/html"),
        ("nonsense;;;q=a", "text/html"),
        ("\xff", "text/html"),
    ],
)
def test_html_is_for_whoever_does_not_prefer_json(browser, accept, content_type):
    found = browser.get("/nothing", headers={"Accept": accept}, status=404)
    assert found.content_type == content_type


@pytest.mark.parametrize("path", ["/stream", "/changes"])
def test_the_feeds_answer_json_whatever_is_accepted(browser, path):
    found = browser.post(path, headers={"Accept": "text/event-stream"}, status="*")
    assert found.status_int >= 400
    assert found.json["error"]["status"] == found.status_int


def test_a_method_that_an_address_does_not_take(browser):
    page = browser.get("/sign-out", status=405)
    assert page.headers["Allow"] == "POST"
    assert "only POST" in text_of(page)
    found = browser.delete("/sign-in", headers=JSON, status=405)
    assert found.headers["Allow"] == "GET, HEAD, POST"


# Not allowed ----------------------------------------------------------------------------------


def test_a_person_who_is_not_signed_in_is_sent_to_do_so_and_comes_back(site, browser):
    site.add_user()
    sent = browser.get("/test/edit?a=b%20c&a=%2F", status=303)
    assert sent.location == "http://localhost/sign-in?next=%2Ftest%2Fedit%3Fa%3Db%2520c%26a%3D%252F"
    form = sent.follow().forms
    form = next(each for each in form.values() if "password" in each.fields)
    form["name"], form["password"] = "ada", PASSWORD
    assert form.submit(status=303).location == "http://localhost/test/edit?a=b%20c&a=%2F"


def test_a_program_that_is_not_signed_in_is_told_so(browser):
    found = browser.get("/test/edit", headers=JSON, status=401)
    assert found.json["error"]["text"] == "Sign in first."
    assert found.headers["WWW-Authenticate"]


def test_a_write_by_nobody_is_not_sent_anywhere(browser):
    page = browser.post("/test/edit", {"csrf_token": token_of(browser)}, status=403)
    assert "Nothing was changed" in text_of(page)
    assert ways_on(page) == {"Sign in": "/sign-in", "Go to the start": "/"}


def test_a_role_that_is_not_enough(site):
    site.add_user("wim", "watcher")
    browser = site.signed_in("wim")
    page = browser.get("/test/edit", status=403)
    assert "Your role doesn't allow this." in text_of(page)
    assert "ACL" not in page.text and "permission" not in page.text
    assert browser.get("/test/admin", headers=JSON, status=403).json["error"]["status"] == 403


# Not understood -------------------------------------------------------------------------------


def test_a_parameter_that_makes_no_sense_is_named(browser):
    page = browser.get("/test/bad_input", status=400)
    assert "_size must be a number." in text_of(page)
    error = browser.get("/test/bad_input", headers=JSON, status=400).json["error"]
    assert error["parameter"] == "_size"


@pytest.mark.parametrize("path", ["/%ff", "/tables/%ED%A0%80", "/sign-in?next=%ff", "/%C0%AF"])
def test_an_address_that_is_not_unicode(browser, path):
    assert "aren't UTF-8" in text_of(browser.get(path, status=400))
    assert browser.get(path, headers=JSON, status=400).json["error"]["status"] == 400


def test_every_page_survives_junk_in_its_headers(browser):
    for name in ("Cookie", "Accept", "Referer", "Origin", "If-Modified-Since", "Accept-Language"):
        found = browser.get("/sign-in", headers={name: "\xff\x80;=,q;;q=\xfe"}, status="*")
        assert found.status_int == 200, name


# Broken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, JSON])
def test_a_failure_has_a_number_that_is_in_the_log_and_tells_nothing_else(browser, caplog, headers):
    found = browser.get("/test/boom", headers=headers, status=500)
    assert "4711" not in found.text and "RuntimeError" not in found.text
    record = next(each for each in caplog.records if each.levelno == logging.ERROR)
    incident = record.getMessage().split()[1].rstrip(":")
    assert len(incident) == 8
    assert incident in found.text
    assert "4711" in caplog.text and "/test/boom" in record.getMessage()
    if headers:
        assert found.json["error"]["incident"] == incident


def test_a_failure_is_one_line_in_the_log_whatever_the_address(browser, caplog):
    browser.get("/test/boom/%0dERROR:%20forged", status=500)
    assert caplog.records
    assert all("\r" not in each.getMessage() for each in caplog.records)


def test_the_page_of_a_failure_knows_who_is_signed_in(site):
    site.add_user()
    assert "ada" in site.signed_in().get("/test/boom", status=500).text


def test_a_question_that_takes_too_long_is_answered_in_time(make_site):
    site = make_site(**{"dashboard.statement_timeout": "0.2"})
    page = site.browser().get("/test/slow", status=503)
    assert "longer than 0.2 seconds for this, and was stopped" in text_of(page)
    site.browser().get("/sign-in", status=200)


def test_a_locked_database_is_a_matter_of_time(browser, caplog):
    page = browser.get("/test/locked", status=503)
    assert page.headers["Retry-After"] == "2"
    assert "try again in a moment" in text_of(page)
    assert browser.get("/test/locked", headers=JSON, status=503).json["error"]["status"] == 503


def test_a_commit_that_nobody_knows_of_is_neither_done_again_nor_denied(browser, caplog):
    page = browser.post("/test/lost", {"csrf_token": token_of(browser)}, status=503)
    assert "Look whether it was saved" in text_of(page)
    assert "Nothing was changed" not in text_of(page)
    assert caplog.text.count("not available") == 1


@pytest.mark.parametrize("when", ["", "&late=1"])
def test_what_met_another_transaction_is_done_again(site, browser, caplog, when):
    token = token_of(browser)
    found = browser.post(f"/test/contended?times=2{when}", {"csrf_token": token})
    assert found.json == "attempt 2 of 2"
    names = sa.select(Setting.name).where(Setting.name.startswith("attempt"))
    assert site.scalar(names) == "attempt 2 of 2"
    assert "not available" not in caplog.text
    page = browser.post(f"/test/contended?times=3{when}", {"csrf_token": token}, status=503)
    assert "Nothing was changed" in text_of(page)
    assert caplog.text.count("not available") == 1


def test_a_wrong_statement_is_a_failure(browser, caplog):
    page = browser.get("/test/wrong_statement", status=500)
    assert "no_such_table" not in page.text
    assert "no_such_table" in caplog.text


def test_a_database_that_goes_away_is_answered_with_a_page(site, databases, bare_database):
    site.add_user()
    browser = site.signed_in()
    fields = {"csrf_token": token_of(browser), "name": "ada", "password": PASSWORD}
    for engine in ("dashboard.engine", "dashboard.reader"):
        site.registry[engine].dispose()
    databases.vanish(bare_database)
    page = browser.get("/test/admin", status=503)
    assert "can't be reached" in text_of(page)
    assert browser.get("/test/admin", headers=JSON, status=503).json["error"]["status"] == 503
    browser.post("/sign-in", fields, status=503)


def test_a_page_that_cannot_be_shown_is_told_in_plain_text(monkeypatch, browser):
    monkeypatch.setattr("dashboard.views.problems.TEMPLATE", "dashboard:templates/nowhere.pt")
    found = browser.get("/test/boom", status=500)
    assert found.content_type == "text/plain"
    assert found.text.startswith("Something broke\n\n")


def error_of(code):
    original = sqlite3.OperationalError("no")
    if code is not None:
        original.sqlite_errorcode = code
    return sa.exc.OperationalError("UPDATE", {}, original)


def error_in_state(state):
    original = Exception("no")
    original.sqlstate = state
    return sa.exc.OperationalError("UPDATE", {}, original)


@pytest.mark.parametrize(
    ("error", "unavailable"),
    [
        (error_of(sqlite3.SQLITE_BUSY), True),
        (error_of(sqlite3.SQLITE_BUSY_SNAPSHOT), True),
        (error_of(sqlite3.SQLITE_LOCKED), True),
        (error_of(sqlite3.SQLITE_CANTOPEN), True),
        (error_of(sqlite3.SQLITE_ERROR), False),
        (error_of(sqlite3.SQLITE_READONLY), False),
        # Another driver's operational error is about the connection.
        (error_of(None), True),
        (error_in_state("57P01"), True),
        (error_in_state("53100"), True),
        (error_in_state("55P03"), True),
        (error_in_state("40P01"), True),
        # But PostgreSQL's may be about a file, a view, or a server that it asks itself.
        (error_in_state("58P01"), False),
        (error_in_state("55000"), False),
        (error_in_state("08001"), False),
        (sa.exc.TimeoutError("the pool is used up"), True),
        (sa.exc.IntegrityError("INSERT", {}, Exception()), False),
        (RuntimeError("no"), False),
    ],
)
def test_what_passes_by_waiting(error, unavailable):
    assert is_unavailable(error) is unavailable

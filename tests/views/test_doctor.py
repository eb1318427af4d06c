"""The doctor's page: for admins only, with what the running process does at the moment."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from dashboard.models.people import ROLES
from tests.support.people import add, sign_in
from tests.support.shop import Tag
from tests.support.sse import EventStream


@pytest.mark.parametrize("role", ROLES)
def test_it_is_for_admins(make_site, role):
    site = make_site(**{"dashboard.public": "true"})
    site.add_user(role=role)
    browser = site.signed_in()
    admin = role == "admin"
    browser.get("/doctor", status=200 if admin else 403)
    assert bool(browser.get("/").html.select('.foot a[href="/doctor"]')) is admin


def test_nobody_else_sees_it(make_site):
    browser = make_site(**{"dashboard.public": "true"}).browser()
    assert browser.get("/doctor", status="*").status_int in (303, 401, 403)
    assert not browser.get("/").html.select('.foot a[href="/doctor"]')


def findings(page):
    return [" ".join(each.get_text(" ").split()) for each in page.select(".findings li")]


def test_it_says_what_the_command_says(make_site):
    site = make_site(**{"dashboard.models": "tests.support.shop"})
    site.add_user()
    told = findings(site.signed_in().get("/doctor").html)
    assert any(each.startswith("Problem customer It isn't in the database.") for each in told)
    assert "Fine People 1 admin." in told


def test_a_database_that_cannot_answer_is_a_finding(make_site):
    site = make_site()
    site.add_user()
    browser = site.signed_in()
    site.execute(sa.text("ALTER TABLE dashboard_saved_view RENAME TO elsewhere"))
    told = findings(browser.get("/doctor").html)
    assert any(each.startswith("Problem Indexes The database couldn't answer") for each in told)
    assert any("Clock" in each or "clock" in each for each in told)


def test_it_shows_what_is_watched_at_the_moment(server):
    add(server, "ada", "admin")
    admin = sign_in(server, "ada")
    with server.sessions.begin() as session:
        session.add(Tag(name="a"))
    assert "What is watched now" not in admin.get("/doctor").text
    with EventStream(f"{server.url}/stream?view=/tables/tag") as stream:
        next(iter(stream))
        page = BeautifulSoup(admin.get("/doctor").text, "html.parser")
    numbers = {
        each.dt.get_text(): each.dd.get_text() for each in page.select(".doctor-numbers div")
    }
    assert numbers["Streams open"] == "1"
    assert numbers["Views watched"] == "1"
    cells = [each.get_text() for each in page.select(".doctor-views td")]
    assert cells[:2] == ["/tables/tag", "1"]
    admin.close()

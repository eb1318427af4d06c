from __future__ import annotations

import pytest
import sqlalchemy as sa


@pytest.fixture
def browser(site):
    return site.browser()


def test_a_process_that_answers_is_alive(browser):
    assert browser.get("/healthz").json == {"status": "ok"}


def test_a_migrated_database_is_ready(browser):
    local = {"kind": "local", "state": "connected"}
    assert browser.get("/readyz").json == {"status": "ok", "backplane": local}


def test_without_its_backplane_a_process_is_ready_and_says_so(make_site):
    site = make_site(**{"dashboard.backplane": "redis://127.0.0.1:1"})
    away = {"kind": "redis", "state": "away; the log is polled"}
    assert site.browser().get("/readyz").json == {"status": "ok", "backplane": away}
    site.registry["dashboard.presence"].close()
    site.registry["dashboard.backplane"].close()


def test_without_its_edge_a_process_is_ready_and_says_so(make_site):
    site = make_site(**{"dashboard.edge": f"http://127.0.0.1:1/?key={'k' * 32}"})
    found = site.browser().get("/readyz").json
    assert (found["status"], found["edge"]) == ("ok", {"state": "away; what it holds waits"})
    site.registry["dashboard.edge"].close()


def test_a_database_that_is_away_is_not_ready_but_the_process_lives(
    site, browser, databases, bare_database
):
    site.registry["dashboard.engine"].dispose()
    databases.vanish(bare_database)
    found = browser.get("/readyz", status=503)
    assert found.json == {"status": "unavailable", "reason": "The database can't be read."}
    assert found.headers["Retry-After"]
    assert sa.make_url(bare_database).database not in found.text
    browser.get("/healthz", status=200)


def test_a_database_that_is_not_migrated_is_not_ready(site, browser):
    site.execute(sa.text("DELETE FROM dashboard_alembic_version"))
    found = browser.get("/readyz", status=503)
    assert "dashboard init" in found.json["reason"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_asking_makes_no_session_and_needs_no_sign_in(browser, path):
    found = browser.get(path, headers={"Cookie": "dashboard=\xff"})
    assert found.content_type == "application/json"
    assert "Set-Cookie" not in found.headers
    assert found.headers["Cache-Control"] == "no-store"
    browser.head(path, status=200)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_other_methods_are_refused(browser, path):
    found = browser.post(path, status=405)
    assert found.headers["Allow"] == "GET, HEAD"
    assert found.json["error"]["status"] == 405

from __future__ import annotations

import pytest

from dashboard.views.paths import Paths
from tests.views.conftest import sign_in

STYLES = Paths().static("css/base.css")

PATHS = [
    "/sign-in",
    "/nothing-here",
    "/healthz",
    "/test/boom",
    "/test/locked",
    "/test/edit",
    "/%ff",
    STYLES,
    "/static/0/nothing-here",
]


@pytest.fixture
def production(site, make_site):
    return make_site(**{"dashboard.environment": "production"})


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_them(site, path):
    headers = site.browser().get(path, status="*").headers
    policy = dict(each.split(" ", 1) for each in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/static")])
def test_what_depends_on_who_asks_is_not_stored(site, path):
    assert site.browser().get(path, status="*").headers["Cache-Control"] == "no-store"


def test_a_refused_write_is_not_stored_either(site):
    assert sign_in(site.browser()).headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_for_good(site):
    found = site.browser().get(STYLES)
    assert "immutable" in found.headers["Cache-Control"]
    assert "Set-Cookie" not in found.headers


@pytest.mark.parametrize("path", ["css/base.css", "js/worker.js"])
def test_a_page_of_an_older_version_gets_what_there_is_but_asks_again(site, path):
    browser = site.browser()
    found = browser.get(f"/static/0123456789ab/{path}")
    assert found.headers["Cache-Control"] == "no-cache"
    again = {"If-Modified-Since": found.headers["Last-Modified"]}
    browser.get(f"/static/0123456789ab/{path}", headers=again, status=304)


def test_who_edits_static_files_sees_them_at_once(make_site):
    browser = make_site(**{"pyramid.reload_assets": "true"}).browser()
    assert browser.get(STYLES).headers["Cache-Control"] == "no-cache"


def test_https_is_kept_to_in_production_only(site, production):
    https = {"wsgi.url_scheme": "https", "HTTP_HOST": "localhost"}
    name = "Strict-Transport-Security"
    assert "max-age=" in production.browser(**https).get("/healthz").headers[name]
    assert name not in production.browser().get("/healthz").headers
    assert name not in site.browser(**https).get("/healthz").headers

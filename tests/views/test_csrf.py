from __future__ import annotations

import pytest

from dashboard.views.csrf import is_same_origin
from tests.views.conftest import sign_in, token_of

HOST = "http://localhost"


@pytest.fixture
def editor(site):
    site.add_user("eve", "editor")
    browser = site.signed_in("eve")
    browser.token = token_of(browser)
    return browser


def post(browser, status, fields=None, headers=None, path="/test/edit"):
    fields = {"csrf_token": browser.token} if fields is None else fields
    return browser.post(path, fields, headers=headers or {}, status=status)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": HOST},
        {"Origin": HOST, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "HTTP://LocalHost:80"},
        {"Referer": f"{HOST}/tables/x?y=1"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
def test_our_own_pages_may_write(editor, headers):
    post(editor, 200, headers=headers)


FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:8080"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://evil.example/http://localhost"},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "http://evil.example", "Referer": f"{HOST}/"},
    {"Origin": "http://["},
    {"Origin": "http://localhost:99999"},
    {"Origin": "http://evil.example " + HOST},
    {"Referer": "http://evil.example/http://localhost/"},
    {"Referer": "about:blank"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": HOST, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_may_not_even_with_the_token(editor, headers):
    refused = post(editor, 403, headers=headers)
    assert "another site" in refused.text


@pytest.mark.parametrize(
    "fields", [{}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": "\u20ac"}], ids=str
)
def test_without_the_token_nothing_is_written(editor, fields):
    refused = post(editor, 403, fields, {"Origin": HOST})
    assert "reload the page" in refused.text


def test_the_token_of_another_session_is_refused(site, editor):
    post(editor, 403, {"csrf_token": token_of(site.browser())})


def test_the_token_in_the_address_does_not_count(editor):
    post(editor, 403, {}, path=f"/test/edit?csrf_token={editor.token}")


def test_the_token_may_come_in_a_header(editor):
    post(editor, 200, {}, {"X-CSRF-Token": editor.token})
    post(editor, 403, {}, {"X-CSRF-Token": "x"})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "LINK"])
def test_every_method_that_may_write_is_checked(editor, method):
    editor.request("/test/edit", method=method, status=403)
    editor.request("/test/edit", method=method, headers={"X-CSRF-Token": editor.token}, status=200)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/setup", "/account"])
def test_the_programs_own_writes_need_it_too(editor, path):
    post(editor, 403, {"name": "eve"}, path=path)
    post(editor, 403, headers={"Origin": "http://evil.example"}, path=path)
    editor.get("/test/edit", status=200)


def test_reading_needs_nothing(editor):
    editor.get("/test/edit", headers={"Origin": "http://evil.example"}, status=200)


def test_over_https_a_write_must_say_where_it_comes_from(site):
    site.add_user()
    https = {"wsgi.url_scheme": "https", "HTTP_HOST": "localhost"}
    browser = site.browser(**https, HTTP_ORIGIN="https://localhost")
    assert sign_in(browser).status_int == 303
    token = token_of(browser)
    browser.post("/test/edit", {"csrf_token": token}, status=200)
    del browser.extra_environ["HTTP_ORIGIN"]
    browser.post("/test/edit", {"csrf_token": token}, status=403)
    browser.post(
        "/test/edit", {"csrf_token": token}, headers={"Referer": "https://localhost/x"}, status=200
    )


def test_production_over_http_says_what_is_wrong(site, make_site):
    browser = make_site(**{"dashboard.environment": "production"}).browser()
    refused = browser.post("/sign-in", {"csrf_token": token_of(browser)}, status=403)
    assert "https" in refused.text


BOUNDARY = "multipart/form-data; boundary=x"
TOKEN_AS_FILE = (
    b'--x\r\nContent-Disposition: form-data; name="csrf_token"; filename="t"\r\n\r\nhello\r\n--x--'
)


@pytest.mark.parametrize("path", ["/test/edit", "/sign-in"])
@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"csrf_token=%ff", 400),
        ("application/x-www-form-urlencoded", b"%ED%A0%80=1", 400),
        ("application/x-www-form-urlencoded; charset=utf-16", b"csrf_token=1", 400),
        ("application/x-www-form-urlencoded; charset=nonsense", b"csrf_token=1", 400),
        ("multipart/form-data", b"csrf_token=1", 400),
        ("multipart/form-data; boundary=\x80", b"csrf_token=1", 400),
        (BOUNDARY, b"no parts in here", 403),
        (BOUNDARY, TOKEN_AS_FILE, 403),
        ("application/json", b'{"csrf_token": "\\ud800"}', 403),
        ("", b"csrf_token=1", 403),
    ],
)
def test_a_body_that_is_no_form_is_refused(editor, path, content_type, body, status):
    editor.post(path, body, headers={"Content-Type": content_type}, status=status)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a", "http://a:80/x", True),
        ("https://a:443", "https://a", True),
        ("http://[::1]:6543", "http://[::1]:6543", True),
        ("http://a", "https://a", False),
        ("http://a:81", "http://a", False),
        ("null", "null", False),
        ("", "", False),
        ("http://a:x", "http://a:x", False),
    ],
)
def test_origins(one, other, same):
    assert is_same_origin(one, other) is same

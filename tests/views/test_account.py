from __future__ import annotations

import pytest
from sqlalchemy import select, update

from dashboard.models.people import SignInFailure, User
from dashboard.views.throttle import ACCOUNT_LIMIT
from tests.views.conftest import PASSWORD, form_of, sign_in, token_of

NEW = "another long password"


@pytest.fixture
def ada(site):
    site.add_user(role="watcher")
    return site.signed_in()


def change(browser, status, current=PASSWORD, new=NEW):
    fields = {"csrf_token": token_of(browser), "current": current, "new": new}
    return browser.post("/account", fields, status=status)


def test_a_new_password_takes_the_place_of_the_old_one(site, ada):
    form = form_of(ada.get("/account"), "current")
    form["current"], form["new"] = PASSWORD, NEW
    form.submit(status=303)
    assert "Your password is changed" in ada.get("/account").text
    assert sign_in(site.browser()).status_int == 403
    assert sign_in(site.browser(), password=NEW).status_int == 303


def test_only_this_browser_stays_signed_in(site, ada):
    other = site.signed_in()
    copied = site.browser(HTTP_COOKIE=f"dashboard={ada.cookies['dashboard']}")
    change(ada, 303)
    ada.get("/test/view", status=200)
    other.get("/test/view", status=303)
    copied.get("/test/view", status=303)


@pytest.mark.parametrize(
    ("current", "new", "sentence"),
    [
        ("wrong", NEW, "not your present password"),
        ("", NEW, "not your present password"),
        ("\0", NEW, "not your present password"),
        ("x" * 1_000_000, NEW, "not your present password"),
        (PASSWORD, "", "at least 10"),
        (PASSWORD, "x" * 1_000_000, "at most 1,000"),
        (PASSWORD, "aaaaaaaaaaaa", "repeats"),
    ],
    ids=lambda text: repr(text)[:20],
)
def test_a_refusal_changes_nothing(site, ada, current, new, sentence):
    before = site.scalar(select(User.password_hash))
    assert sentence in change(ada, 422, current, new).text
    assert site.scalar(select(User.password_hash)) == before
    assert site.scalar(select(User.session_epoch)) == 1
    ada.get("/test/view", status=200)


def test_an_open_browser_is_no_place_to_guess_the_password(site, ada):
    for _ in range(ACCOUNT_LIMIT):
        change(ada, 422, "wrong")
    assert "Retry-After" in change(ada, 429).headers
    assert sign_in(site.browser()).status_int == 429


def test_changing_it_clears_what_was_counted(site, ada):
    change(ada, 422, "wrong")
    change(ada, 303)
    assert site.count(SignInFailure) == 0


def test_a_session_that_ended_meanwhile_changes_nothing(site, ada, monkeypatch):
    before = site.scalar(select(User.password_hash))
    token = token_of(ada)

    def hash_and_revoke(text):
        site.execute(update(User).values(session_epoch=7))
        return "a hash"

    monkeypatch.setattr("dashboard.views.account.hash_password", hash_and_revoke)
    fields = {"csrf_token": token, "current": PASSWORD, "new": NEW}
    assert "signed out meanwhile" in ada.post("/account", fields, status=403).text
    assert site.scalar(select(User.password_hash)) == before


def test_nobody_has_no_account(make_site):
    site = make_site(**{"dashboard.public": "true"})
    browser = site.browser()
    assert browser.get("/account", status=303).location.endswith("/sign-in?next=%2Faccount")
    change(browser, 403)

from __future__ import annotations

import re
from threading import Barrier, Thread

import pytest
from sqlalchemy import delete, select, update

from dashboard.models.passwords import verify_password
from dashboard.models.people import SetupLink, User
from dashboard.models.types import utc_now
from dashboard.views.setup import LIFETIME, make_first_admin, new_token
from tests.views.conftest import PASSWORD, form_of, sign_in, token_of


@pytest.fixture
def site(capsys, make_site):
    """The site, started when what it prints is already listened to."""
    return make_site()


@pytest.fixture
def link(capsys, site):
    """The path of the link that the server printed when it started."""
    return printed_link(capsys)


def printed_link(capsys):
    found = re.findall(r"http://127\.0\.0\.1:6543(/setup\?token=\S+)", capsys.readouterr().out)
    return found[-1] if found else None


def post(browser, link, status, name="ada", password=PASSWORD, **fields):
    sent = {"csrf_token": token_of(browser), "name": name, "password": password, **fields}
    return browser.post(link, sent, status=status)


def test_the_link_makes_the_first_admin_and_signs_them_in(site, link):
    browser = site.browser()
    form = form_of(browser.get(link))
    form["name"], form["password"] = "  ada ", PASSWORD
    assert form.submit(status=303).location == "http://localhost/"
    browser.get("/test/admin", status=200)
    assert site.scalar(select(User.name)) == "ada"
    assert verify_password(site.scalar(select(User.password_hash)), PASSWORD)
    assert sign_in(site.browser()).status_int == 303


def test_it_works_once(site, link):
    post(site.browser(), link, 303)
    again = site.browser()
    assert "made already" in again.get(link, status=410).text
    post(again, link, 410, "eve")
    site.execute(delete(User))
    post(again, link, 404, "eve")
    assert site.count(User) == 0


def test_it_works_once_for_many_at_once(site, link):
    browsers = [site.browser() for _ in range(6)]
    tokens = [token_of(browser) for browser in browsers]
    barrier, statuses = Barrier(6), []

    def use(number):
        fields = {"csrf_token": tokens[number], "name": f"user {number}", "password": PASSWORD}
        barrier.wait()
        statuses.append(browsers[number].post(link, fields, status="*").status_int)

    threads = [Thread(target=use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 410, 410, 410, 410, 410]
    assert site.count(User) == 1


def test_a_link_that_is_checked_before_another_uses_it_up_makes_nobody(site):
    token = new_token(site.registry)
    assert make_first_admin(site.factory, token, "ada", "hash", utc_now())
    assert make_first_admin(site.factory, token, "eve", "hash", utc_now()) is None
    site.execute(delete(User))
    assert make_first_admin(site.factory, token, "eve", "hash", utc_now()) is None


def test_a_second_admin_is_never_made_by_a_link(site):
    token = new_token(site.registry)
    site.add_user("ada")
    assert make_first_admin(site.factory, token, "eve", "hash", utc_now()) is None
    assert site.count(User) == 1


@pytest.mark.parametrize("path", ["/setup", "/setup?token=", "/setup?token=x", "/setup?token=%00"])
def test_a_link_that_was_never_made_is_not_found(site, path):
    browser = site.browser()
    assert "printed when it last started" in browser.get(path, status=404).text
    post(browser, path, 404)
    post(browser, path, 404, token="x")
    assert site.count(User) == 0


def test_it_expires(site, link):
    site.execute(update(SetupLink).values(expires_at=utc_now()))
    browser = site.browser()
    assert "expired" in browser.get(link, status=410).text
    post(browser, link, 410)
    assert site.count(User) == 0


def test_an_expired_token_makes_nobody(site):
    token = new_token(site.registry)
    late = utc_now() + LIFETIME * 2
    assert make_first_admin(site.factory, token, "ada", "hash", late) is None


def test_only_its_hash_is_stored(site, link):
    token = link.partition("=")[2]
    stored = site.scalar(select(SetupLink.token_hash))
    assert len(stored) == 64
    assert token not in stored


def test_a_new_start_replaces_it(site, link, make_site, capsys):
    again = make_site()
    fresh = printed_link(capsys)
    assert fresh and fresh != link
    again.browser().get(link, status=404)
    site.browser().get(fresh, status=200)
    assert site.count(SetupLink) == 1


def test_nothing_is_printed_where_there_are_users(site, link, make_site, capsys):
    site.add_user("wim", "watcher")
    make_site()
    assert printed_link(capsys) is None
    site.browser().get(link, status=410)


def test_starts_at_the_same_time_leave_one_link(site):
    barrier, tokens = Barrier(6), []

    def start():
        barrier.wait()
        tokens.append(new_token(site.registry))

    threads = [Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 6
    assert site.count(SetupLink) == 1
    good = [token for token in tokens if token]
    made = [make_first_admin(site.factory, each, "ada", "hash", utc_now()) for each in good]
    assert sum(each is not None for each in made) == 1


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("", PASSWORD, "A name is needed"),
        ("   ", PASSWORD, "A name is needed"),
        ("x" * 101, PASSWORD, "at most 100"),
        ("x" * 1_000_000, PASSWORD, "at most 100"),
        ("a\0b", PASSWORD, "be seen"),
        ("a\u2028b", PASSWORD, "be seen"),
        ("a\r\nb", PASSWORD, "be seen"),
        ("ada", "short", "at least 10"),
        ("ada", "x" * 1_000_000, "at most 1,000"),
        ("a long enough name", "A long enough name", "must not be the name"),
    ],
    ids=lambda text: repr(text)[:20],
)
def test_what_is_wrong_is_told_and_the_link_still_works(site, link, name, password, sentence):
    browser = site.browser()
    assert sentence in post(browser, link, 422, name, password).html.get_text()
    assert site.count(User) == 0
    post(browser, link, 303)


@pytest.mark.parametrize("name", ["<b>ada</b>", "${1}", "\U0001f511", "a b c", "\u00e9\u4e2d"])
def test_odd_names_are_names(site, link, name):
    browser = site.browser()
    post(browser, link, 303, name)
    assert site.scalar(select(User.name)) == name
    assert name in browser.get("/account").html.get_text()

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import event, select

from dashboard.models import passwords
from dashboard.models.log import ChangeRecord
from dashboard.models.people import SignInFailure, User
from dashboard.models.types import utc_now
from dashboard.views.posted import local_path
from dashboard.views.sign_in import WRONG
from dashboard.views.throttle import ACCOUNT_LIMIT, ADDRESS_LIMIT
from tests.support.people import CHEAP
from tests.views.conftest import PASSWORD, form_of, sign_in, token_of


def test_a_person_signs_in_with_the_form_and_out_again(site):
    site.add_user()
    browser = site.browser()
    form = form_of(browser.get("/sign-in"))
    form["name"], form["password"] = "ada", PASSWORD
    assert form.submit(status=303).location == "http://localhost/"
    assert "ada" in browser.get("/account").text
    out = browser.post("/sign-out", {"csrf_token": token_of(browser)}, status=303)
    assert out.location == "http://localhost/sign-in"
    browser.get("/test/view", status=303)


def test_a_wrong_password_says_so_and_keeps_the_name(site):
    site.add_user()
    browser = site.browser()
    form = form_of(browser.get("/sign-in?next=/tables/x"))
    form["name"], form["password"] = "ada<b>", "wrong"
    page = form.submit(status=403)
    form = form_of(page)
    assert form["name"].value == "ada<b>"
    assert form["password"].value == ""
    assert form["next"].value == "/tables/x"
    assert WRONG.replace("'", "&#39;") in page.text or WRONG in page.html.get_text()
    browser.get("/test/view", status=303)


def test_blanks_around_the_name_are_forgiven_and_case_is_not(site):
    site.add_user()
    assert sign_in(site.browser(), "  ada ").status_int == 303
    assert sign_in(site.browser(), "Ada").status_int == 403


def test_who_is_signed_in_already_goes_on(site):
    site.add_user()
    assert site.signed_in().get("/sign-in?next=/account", status=303).location.endswith("/account")


# Where the answer leads -----------------------------------------------------------------------

LOCAL = ["/", "/tables/flights?_sort=delay&x=a%20b", "/a/b#c", "/a//b", "/tables/a/1,2/edit"]
FOREIGN = [
    "",
    "http://evil.example/",
    "https:evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "javascript:alert(1)",
    "evil.example",
    "/\r\nSet-Cookie: a=b",
    "/\0",
    "/\u2028",
    "/tables/\u00e9",
    "/a\\b",
    "/" + "a" * 5000,
]


@pytest.mark.parametrize("wanted", LOCAL)
def test_a_path_of_this_site_is_gone_to(site, wanted):
    site.add_user()
    found = sign_in(site.browser(), next=wanted)
    assert (found.status_int, found.location) == (303, f"http://localhost{wanted}")


@pytest.mark.parametrize("wanted", FOREIGN, ids=repr)
def test_anything_else_leads_home(site, wanted):
    site.add_user()
    found = sign_in(site.browser(), next=wanted)
    assert (found.status_int, found.location) == (303, "http://localhost/")
    again = site.signed_in().get("/sign-in", {"next": wanted}, status=303)
    assert again.location == "http://localhost/"


def test_the_form_never_carries_a_foreign_address():
    assert not any(local_path(each) for each in FOREIGN)


# Guessing -------------------------------------------------------------------------------------


def test_an_account_is_throttled_whatever_the_address(site):
    site.add_user()
    for number in range(ACCOUNT_LIMIT):
        browser = site.browser(REMOTE_ADDR=f"192.0.2.{number}")
        assert sign_in(browser, password="wrong").status_int == 403
    refused = sign_in(site.browser(REMOTE_ADDR="192.0.2.99"), password=PASSWORD)
    assert refused.status_int == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
    assert "Try again in 15 minutes" in refused.text
    assert "Set-Cookie" not in refused.headers or "user" not in refused.headers["Set-Cookie"]


def test_an_address_is_throttled_whatever_the_account_and_what_it_says_of_itself(site):
    site.add_user()
    browser = site.browser()
    token = token_of(browser)
    for number in range(ADDRESS_LIMIT):
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        fields = {"csrf_token": token, "name": f"user {number}", "password": "x"}
        browser.post("/sign-in", fields, headers=headers, status=403)
    assert sign_in(browser).status_int == 429
    assert sign_in(site.browser(REMOTE_ADDR="192.0.2.2")).status_int == 303


def test_a_name_that_nobody_has_is_throttled_alike(site):
    browser = site.browser()
    statuses = [sign_in(browser, "nobody").status_int for _ in range(ACCOUNT_LIMIT + 1)]
    assert statuses == [403] * ACCOUNT_LIMIT + [429]


def test_other_processes_count_too(site, make_site):
    site.add_user()
    other = make_site()
    for number in range(ACCOUNT_LIMIT):
        sign_in((site, other)[number % 2].browser(), password="wrong")
    assert sign_in(site.browser()).status_int == 429
    assert sign_in(other.browser()).status_int == 429


def test_signing_in_clears_the_account(site):
    site.add_user()
    for _ in range(ACCOUNT_LIMIT - 1):
        sign_in(site.browser(), password="wrong")
    assert sign_in(site.browser()).status_int == 303
    assert site.count(SignInFailure) == 0
    assert sign_in(site.browser(), password="wrong").status_int == 403


def test_signing_in_clears_nobody_else(site):
    site.add_user()
    sign_in(site.browser(), "bob", "wrong")
    sign_in(site.browser())
    assert site.scalar(select(SignInFailure.account)) == "bob"


class Recorder:
    """A hasher that notes the work it does, and whether a transaction was open meanwhile."""

    def __init__(self, open_transactions):
        self.open_transactions = open_transactions
        self.work = []

    def __getattr__(self, name):
        return getattr(CHEAP, name)

    def verify(self, stored, password):
        self.work.append((extract_parameters(stored), len(password), len(self.open_transactions)))
        return CHEAP.verify(stored, password)


@pytest.fixture
def recorder(site, monkeypatch):
    """Watch the engine for transactions of the site that may write."""
    open_transactions = set()
    engine = site.registry["dashboard.engine"]

    @event.listens_for(engine, "begin")
    def began(connection):
        open_transactions.add(id(connection.connection.dbapi_connection))

    @event.listens_for(engine, "commit")
    @event.listens_for(engine, "rollback")
    def ended(connection):
        open_transactions.discard(id(connection.connection.dbapi_connection))

    recorder = Recorder(open_transactions)
    site.add_user()
    site.execute(User.__table__.insert().values(name="blank", role="watcher", created_at=utc_now()))
    monkeypatch.setattr(passwords, "HASHER", recorder)
    return recorder


@pytest.mark.parametrize("name", ["ada", "nobody", "blank", "", "x" * 5000, "\0"])
def test_the_work_is_the_same_for_everybody_and_holds_no_lock(site, recorder, name):
    answer = sign_in(site.browser(), name, "a wrong one")
    assert recorder.work == [(extract_parameters(CHEAP.hash("")), len("a wrong one"), 0)]
    assert answer.status_int == 403
    assert "That name and password" in answer.text


def test_what_is_throttled_costs_no_hash(site, recorder):
    for _ in range(ACCOUNT_LIMIT + 3):
        sign_in(site.browser(), password="wrong")
    assert len(recorder.work) == ACCOUNT_LIMIT


def test_the_hash_is_made_again_when_the_parameters_change(site, monkeypatch):
    site.add_user()
    before = site.scalar(select(User.password_hash))
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", stronger)
    assert sign_in(site.browser(), password="wrong").status_int == 403
    assert site.scalar(select(User.password_hash)) == before
    assert sign_in(site.browser()).status_int == 303
    after = site.scalar(select(User.password_hash))
    assert extract_parameters(after).time_cost == 2
    assert sign_in(site.browser()).status_int == 303
    assert site.scalar(select(User.password_hash)) == after


# Signing out ----------------------------------------------------------------------------------


def test_signing_out_kills_a_copied_cookie(site):
    site.add_user()
    browser = site.signed_in()
    copied = site.browser(HTTP_COOKIE=f"dashboard={browser.cookies['dashboard']}")
    copied.get("/test/admin", status=200)
    browser.post("/sign-out", {"csrf_token": token_of(browser)}, status=303)
    copied.get("/test/admin", status=303)
    assert site.scalar(select(User.session_epoch)) == 2
    newest = select(ChangeRecord.actor).order_by(ChangeRecord.seq.desc()).limit(1)
    assert site.scalar(newest) == "ada"
    assert sign_in(browser).status_int == 303


def test_signing_out_takes_a_post_with_the_token(site):
    site.add_user()
    browser = site.signed_in()
    browser.get("/sign-out", status=405)
    browser.post("/sign-out", status=403)
    browser.get("/test/admin", status=200)


def test_signing_out_twice_does_no_harm(site):
    site.add_user()
    browser = site.browser()
    browser.post("/sign-out", {"csrf_token": token_of(browser)}, status=303)
    assert site.scalar(select(User.session_epoch)) == 1


def test_where_anybody_may_watch_one_signs_out_to_the_boards(make_site):
    site = make_site(**{"dashboard.public": "true"})
    browser = site.browser()
    out = browser.post("/sign-out", {"csrf_token": token_of(browser)}, status=303)
    assert out.location == "http://localhost/"


# Hostile input --------------------------------------------------------------------------------

HOSTILE = [
    "\0",
    "a\0da",
    "x" * 1_000_000,
    "\u2028\u2029\ufeff",
    "'; DROP TABLE dashboard_user; --",
    "<script>alert(1)</script>",
    "ada\r\nSet-Cookie: a=b",
    "${1/0} %s {0}",
    "\U0010ffff" * 200,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text)[:30])
@pytest.mark.parametrize("field", ["name", "password", "next", "csrf_token"])
def test_hostile_text_is_refused_and_harms_nothing(site, field, text):
    site.add_user()
    answer = sign_in(site.browser(), **{"password": "wrong", field: text})
    assert answer.status_int == 403
    assert "<script>alert" not in answer.text
    assert site.count(User) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"name=%ED%A0%80&password=x",
        b"name=%ff&password=x",
        b"\xff\xfe=x",
        b"name=\xed\xa0\x80",
    ],
)
def test_what_is_not_unicode_is_refused(site, body):
    browser = site.browser()
    body += b"&csrf_token=" + token_of(browser).encode()
    browser.post("/sign-in", body, status=400)
    browser.get("/sign-in?next=%ff", status=400)
    browser.get("/sign-in?%ED%A0%80=x", status=400)


def test_files_in_place_of_texts_are_refused(site):
    browser = site.browser()
    files = [(name, "a.txt", b"x") for name in ("name", "password", "next")]
    browser.post("/sign-in", {"csrf_token": token_of(browser)}, upload_files=files, status=403)


def test_fields_given_twice_or_not_at_all_are_refused(site):
    site.add_user()
    browser = site.browser()
    token = token_of(browser)
    browser.post("/sign-in", {"csrf_token": token}, status=403)
    twice = [("csrf_token", token), ("name", "ada"), ("name", "bob"), ("password", PASSWORD)]
    browser.post("/sign-in", twice, status=403)

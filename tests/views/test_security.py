from __future__ import annotations

import json
import time
from threading import Barrier, Thread

import pytest
from pyramid.response import Response
from pyramid.session import JSONSerializer
from sqlalchemy import delete, update
from webob.cookies import SignedSerializer

from dashboard.catalog import catalog_of
from dashboard.models.people import User
from dashboard.models.setting import Setting
from dashboard.settings import Settings
from dashboard.views.security import LONGEST_SESSION, Identity, may, still
from dashboard.views.session import SECRET, session_factory, stored_secret
from tests.views.conftest import PASSWORD, sign_in, token_of

ROLES = (None, "watcher", "editor", "admin")


def table(view="watcher", edit="editor"):
    catalog = catalog_of((), None)
    catalog.add(User, name="people", view_role=view, edit_role=edit)
    return catalog["people"]


def allowed(permission, table, public=False):
    """Return the roles that have a permission, None standing for nobody in particular."""
    settings = Settings(public=public)
    people = {role: Identity(1, "ada", role, 1) if role else None for role in ROLES}
    return [role for role in ROLES if may(people[role], settings, permission, table)]


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize(
    ("permission", "given", "roles"),
    [
        ("view", None, ["watcher", "editor", "admin"]),
        ("view", table(), ["watcher", "editor", "admin"]),
        ("view", table("editor"), ["editor", "admin"]),
        ("view", table("admin", "admin"), ["admin"]),
        ("view", table("wacher"), []),
        ("edit", None, ["editor", "admin"]),
        ("edit", table(), ["editor", "admin"]),
        ("edit", table(edit="admin"), ["admin"]),
        ("edit", table("admin", "watcher"), ["admin"]),
        ("edit", table(edit="watcher"), ["watcher", "editor", "admin"]),
        ("edit", table(edit="amdin"), []),
        ("admin", table(), ["admin"]),
        ("admin", None, ["admin"]),
        ("a permission that is unknown", table(), ["admin"]),
    ],
)
def test_roles(permission, given, roles, public):
    everybody = public and permission == "view" and roles == ["watcher", "editor", "admin"]
    assert allowed(permission, given, public) == ([None] if everybody else []) + roles


@pytest.mark.parametrize("role", ["", "root", "ADMIN"])
def test_an_unknown_role_may_nothing(role):
    assert not may(Identity(1, "ada", role, 1), Settings(public=False), "view", None)


def test_a_view_that_names_no_permission_is_for_those_who_may_watch(site):
    site.add_user("wim", "watcher")
    assert "/sign-in" in site.browser().get("/test/plain", status=303).location
    site.signed_in("wim").get("/test/plain", status=200)


def test_public_lets_anybody_watch_and_nothing_else(make_site):
    browser = make_site(**{"dashboard.public": "true"}).browser()
    browser.get("/test/view", status=200)
    browser.get("/test/edit", status=303)
    browser.get("/test/admin", status=303)


def test_a_role_taken_away_counts_at_the_next_request(site):
    ada = site.add_user(role="admin")
    browser = site.signed_in()
    browser.get("/test/admin", status=200)
    site.execute(update(User).where(User.id == ada).values(role="editor"))
    browser.get("/test/admin", status=403)
    browser.get("/test/edit", status=200)


def test_a_deleted_user_is_out_at_the_next_request(site):
    ada = site.add_user()
    browser = site.signed_in()
    site.execute(delete(User).where(User.id == ada))
    browser.get("/test/view", status=303)


def test_a_session_from_before_a_revocation_is_dead(site):
    ada = site.add_user()
    browser = site.signed_in()
    site.execute(update(User).where(User.id == ada).values(session_epoch=2))
    browser.get("/test/view", status=303)


def test_still_tells_what_a_stream_must_know(site):
    ada = site.add_user()
    identity = Identity(ada, "ada", "admin", 1)
    assert still(site.registry, identity) == identity
    site.execute(update(User).where(User.id == ada).values(role="watcher", name="countess"))
    assert still(site.registry, identity) == Identity(ada, "countess", "watcher", 1)
    site.execute(update(User).where(User.id == ada).values(session_epoch=2))
    assert still(site.registry, identity) is None
    site.execute(delete(User))
    assert still(site.registry, identity) is None
    assert still(site.registry, None) is None


def cookie_of(site, secret, **session):
    """Return a session cookie signed with ``secret``."""
    serializer = SignedSerializer(secret, "pyramid.session.", "sha512", serializer=JSONSerializer())
    now = int(time.time())
    return serializer.dumps((now, now, session)).decode()


def test_a_cookie_signed_by_anybody_else_is_nobodys(site):
    ada = site.add_user()
    user = [ada, 1, int(time.time())]
    good = cookie_of(site, stored_secret(site.factory), user=user)
    site.browser(HTTP_COOKIE=f"dashboard={good}").get("/test/admin", status=200)
    for forged in (cookie_of(site, "another secret", user=user), good[:-4] + "AAAA", "x", "\xff"):
        site.browser(HTTP_COOKIE=f"dashboard={forged}").get("/test/admin", status=303)


@pytest.mark.parametrize("user", [None, "1", [1], [1, 1], [1, 1, 1, 1], ["1", "1", "1"], {"id": 1}])
def test_a_session_of_another_shape_is_nobodys(site, user):
    site.add_user()
    cookie = cookie_of(site, stored_secret(site.factory), user=user)
    site.browser(HTTP_COOKIE=f"dashboard={cookie}").get("/test/view", status=303)


def test_one_signs_in_again_after_a_month(site):
    ada = site.add_user()
    at = int(time.time()) - LONGEST_SESSION - 1
    cookie = cookie_of(site, stored_secret(site.factory), user=[ada, 1, at])
    site.browser(HTTP_COOKIE=f"dashboard={cookie}").get("/test/view", status=303)


def attributes(response):
    name, *rest = (part.strip() for part in response.headers["Set-Cookie"].split(";"))
    return name.partition("=")[0], {each.lower() for each in rest}


def test_the_cookie_in_development(site):
    name, flags = attributes(site.browser().get("/sign-in"))
    assert name == "dashboard"
    assert flags == {"path=/", "httponly", "samesite=lax"}


def test_the_cookie_in_production(site, make_site):
    production = make_site(**{"dashboard.environment": "production"})
    name, flags = attributes(production.browser().get("/sign-in"))
    assert name == "__Host-dashboard"
    assert flags == {"path=/", "httponly", "samesite=lax", "secure"}


def test_the_cookie_holds_json_and_no_more_than_it_must(site):
    site.add_user()
    browser = site.signed_in()
    loads = SignedSerializer(
        stored_secret(site.factory), "pyramid.session.", "sha512", serializer=json
    ).loads
    _, _, session = loads(browser.cookies["dashboard"].strip('"').encode())
    assert set(session) <= {"user", "csrf_token"}


def test_signing_in_leaves_nothing_of_the_session_before(site):
    site.add_user()
    browser = site.browser()
    before = token_of(browser)
    sign_in(browser)
    assert token_of(browser) != before


def test_the_secret_of_the_settings_signs(make_site):
    site = make_site(**{"dashboard.secret": "from the ini file"})
    ada = site.add_user()
    cookie = cookie_of(site, "from the ini file", user=[ada, 1, int(time.time())])
    site.browser(HTTP_COOKIE=f"dashboard={cookie}").get("/test/admin", status=200)
    with site.factory() as session:
        assert session.get(Setting, "session_secret") is None


def test_the_secret_is_made_once_however_many_ask(sessions):
    barrier, found = Barrier(8), []

    def ask():
        barrier.wait()
        found.append(stored_secret(sessions))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(found[0]) == 128


def test_the_secret_outlives_a_restart_and_is_never_printed(make_site, capfd, caplog):
    site = make_site()
    site.add_user()
    browser = site.signed_in()
    again = make_site()
    browser.app = again.app
    browser.get("/test/admin", status=200)
    secret = stored_secret(site.factory)
    printed = capfd.readouterr()
    assert secret not in printed.out + printed.err + caplog.text
    with site.factory() as session:
        assert session.get(Setting, SECRET).value == secret


def test_long_messages_never_break_the_cookie(site):
    request = site.browser().get("/healthz").request
    request.cookies.clear()
    callbacks = []
    request.add_response_callback = callbacks.append
    session = session_factory("secret", production=False)(request)
    for number in range(50):
        session.flash({"tone": "good", "text": f"{number} " + "\U0001f511" * 1_000_000})
    session.flash("plain")
    messages = session.pop_flash()
    assert len(messages) == 3
    assert all(len(each["text"]) <= 120 for each in messages[:-1])
    assert messages[1]["text"].startswith("49 ")
    for message in messages:
        session.flash(message)
    response = Response()
    session._set_cookie(response)
    assert len(response.headers["Set-Cookie"]) < 4096


def test_who_signs_in_is_whoever_has_the_password(site):
    site.add_user("ada", "admin")
    site.add_user("wim", "watcher", "another long password")
    browser = site.browser()
    assert sign_in(browser, "wim", PASSWORD).status_int == 403
    assert sign_in(browser, "wim", "another long password").status_int == 303
    browser.get("/test/edit", status=403)

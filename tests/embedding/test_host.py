"""What the host has stays the host's, and what the program has stays the program's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from pyramid.config import Configurator, global_registries
from pyramid.exceptions import ConfigurationError
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.orm import scoped_session, sessionmaker
from webtest import TestApp

from dashboard.models.boards import SavedView
from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from dashboard.models.people import User
from dashboard.views.headers import HEADERS
from tests.embedding.hosts import Host
from tests.support.ending import stop
from tests.support.shop import Customer, Tag


@pytest.fixture
def host(database: str) -> Iterator[Host]:
    host = Host(database)
    yield host
    host.close()


@pytest.fixture
def app(host: Host) -> Iterator[Any]:
    app = host.make()
    yield app
    stop(app.registry)


def browser(app: Any, who: str | None = "1", **environ: str) -> TestApp:
    """Return a browser of the person whose cookie is ``who``."""
    browser = TestApp(app, extra_environ=environ)
    if who is not None:
        browser.set_cookie("who", who)
    return browser


def form_of(page: Any, field: str) -> Any:
    return next(form for form in page.forms.values() if field in form.fields)


def test_the_pages_of_the_host_are_as_they_were(app: Any) -> None:
    for path, text in (
        ("/home", "the host's page"),
        ("/livestock", "the host's page"),
        ("/nothing", "the host has no such page"),
    ):
        response = browser(app).get(path, status="*")
        assert response.text == text
        assert not set(HEADERS) & set(response.headers)
        assert "Set-Cookie" not in response.headers
        assert "Strict-Transport-Security" not in response.headers


def test_the_pages_of_the_program_are_its_own(app: Any) -> None:
    page = browser(app).get("/live/")
    assert "Live Dashboard" in page.text
    assert page.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    missing = browser(app).get("/live/nothing", status=404)
    assert "There is no page at this address." in missing.text
    assert browser(app).get("/live/readyz").json["status"] == "ok"
    assert 'href="/account"' in page
    for path in ("/live/account", "/live/setup?token=x", "/live/tables/people"):
        browser(app).get(path, status=404)
    assert browser(app).post("/live/sign-out", status=404)


def test_what_a_browser_must_do_with_the_whole_host_is_for_the_host_to_say(host: Host) -> None:
    app = host.make(environment="production")
    page = browser(app, **{"wsgi.url_scheme": "https"}).get("/live/")
    assert "Content-Security-Policy" in page.headers
    assert "Strict-Transport-Security" not in page.headers
    stop(app.registry)


def test_the_prefix_without_a_slash_leads_to_the_start(app: Any) -> None:
    response = browser(app).get("/live?x=1", status=308)
    assert response.headers["Location"] == "http://localhost/live/?x=1"


@pytest.mark.parametrize("path", ["/live/tables/tag", "/live/", "/live/tables/tag?name=%C3%A9"])
def test_who_is_not_signed_in_is_sent_to_the_hosts_door(app: Any, path: str) -> None:
    anybody = browser(app, who=None, SCRIPT_NAME="/très/là".encode().decode("latin-1"))
    prefix = "/tr%C3%A8s/l%C3%A0"
    door = anybody.get(path, status=303).headers["Location"]
    assert door.startswith(f"http://localhost{prefix}/live/sign-in?next=")
    response = anybody.get(door.removeprefix(f"http://localhost{prefix}"), status=303)
    back = f"{prefix}{path}".replace("%", "%25").replace("/", "%2F")
    back = back.replace("?", "%3F").replace("=", "%3D")
    assert response.headers["Location"] == f"http://localhost{prefix}/door?back={back}"


def test_the_door_tells_a_script_who_is_outside(app: Any) -> None:
    headers = {"Accept": "application/json"}
    assert browser(app, who=None).head("/live/sign-in", headers=headers).status_int == 200
    signed_in = browser(app).head("/live/sign-in", headers=headers)
    assert (signed_in.status_int, signed_in.headers["Location"]) == (303, "http://localhost/live/")
    away = browser(app).get("/live/sign-in?next=//evil.example/", status=303)
    assert away.headers["Location"] == "http://localhost/live/"


def test_a_host_without_a_door(host: Host) -> None:
    app = host.make(lambda config: config.set_live_identity(host.identify))
    page = browser(app, who=None).get("/live/", status=303).follow(status=403)
    assert "Sign in to see this." in page.text
    stop(app.registry)


def test_a_record_is_made_changed_and_deleted(app: Any, host: Host) -> None:
    ada = browser(app)
    form = form_of(ada.get("/live/tables/customer/new"), "name")
    form["name"] = "Grace"
    page = form.submit(status=303).follow()
    assert page.request.path.startswith("/live/tables/customer/")
    assert "ada" in page.text
    form = form_of(ada.get(f"{page.request.path}/edit"), "name")
    form["name"] = "Grace Hopper"
    form.submit(status=303)
    with host.sessions() as session:
        assert session.scalars(sa.select(Customer.name)).all() == ["Grace Hopper"]
    ada.post(f"{page.request.path}/delete", {}, status=403)
    form_of(ada.get(f"{page.request.path}/delete"), "csrf_token").submit(status=303)
    with host.sessions() as session:
        assert session.scalars(sa.select(Customer.name)).all() == []


def test_what_the_host_commits_is_logged_with_it(app: Any, host: Host) -> None:
    broadcaster = app.registry["dashboard.broadcaster"]
    with broadcaster.subscribe() as subscription:
        with host.sessions(info={"dashboard.actor": "the host"}) as session:
            session.add(Tag(name="undone"))
            session.flush()
            session.rollback()
            session.add(Tag(name="done"))
            session.commit()
        (change,) = subscription.take(timeout=10)
    assert (change.key, change.actor) == (("done",), "the host")


def test_roles_are_those_that_the_host_says(app: Any, host: Host) -> None:
    host.known |= {"2": ("wanda", "watcher"), "3": ("eve", None)}
    browser(app, "2").get("/live/tables/tag")
    browser(app, "2").get("/live/tables/tag/new", status=403)
    refused = browser(app, "3").get("/live/tables/tag", status=403)
    assert "Your role doesn't allow this." in refused.text
    assert "eve" in refused.text


def test_who_has_no_rights_sees_what_anybody_sees(host: Host) -> None:
    host.known["3"] = ("eve", None)
    app = host.make(public=True)
    browser(app, "3").get("/live/tables/tag")
    browser(app, "3").get("/live/tables/tag/new", status=403)
    stop(app.registry)


@pytest.mark.parametrize(
    "answer", ["ada", ("ada",), ("", "admin"), (7, "admin"), ("x" * 101, None)]
)
def test_a_wrong_answer_of_the_hosts_is_the_hosts_error(app: Any, host: Host, answer: Any) -> None:
    host.known["1"] = answer
    page = browser(app).get("/live/", status=500)
    assert page.text.startswith("the host: What set_live_identity was given must return None or")


def test_a_role_that_there_is_not(app: Any, host: Host) -> None:
    host.known["1"] = ("ada", "boss")
    page = browser(app).get("/live/", status=500)
    assert "'boss' is no role; it is one of watcher, editor, admin, or None." in page.text


def test_nobody_is_asked_for_a_style_sheet(app: Any, host: Host) -> None:
    host.failure = RuntimeError("nobody may ask")
    browser(app).get("/live/static/0/css/base.css")
    browser(app).get("/live/healthz")


def test_a_form_is_for_the_person_whom_it_was_given_to(app: Any, host: Host) -> None:
    host.known["2"] = ("bob", "editor")
    window = browser(app)
    form = form_of(window.get("/live/tables/tag/new"), "name")
    form["name"] = "from ada"
    window.set_cookie("who", "2")
    form.submit(status=403)
    form = form_of(window.get("/live/tables/tag/new"), "name")
    form["name"] = "from bob"
    form.submit(status=303)
    window.set_cookie("who", "1")
    form_of(window.get("/live/tables/tag/new"), "name")


def test_saved_views_are_found_by_the_persons_name(app: Any, host: Host) -> None:
    host.known["2"] = ("bob", "watcher")
    for who, names in (("1", ["Mine", "Mine too"]), ("2", ["Bob's"])):
        for name in names:
            window = browser(app, who)
            form = form_of(window.get("/live/tables/tag"), "query")
            form["name"] = name
            form.submit(status=303)
    assert "Mine too" in browser(app).get("/live/views")
    assert "Mine too" not in browser(app, "2").get("/live/views")
    with host.sessions() as session:
        people = session.execute(sa.select(User.name, User.password_hash)).all()
        assert sorted(people) == [("ada", None), ("bob", None)]
        assert session.scalar(sa.select(sa.func.count(SavedView.id))) == 3


def test_a_path_is_the_programs_whatever_is_in_it(app: Any, host: Host) -> None:
    with host.sessions.begin() as session:
        session.add_all(Tag(name=each) for each in ("a/b", "..", "new\nline", "é"))
    page = browser(app).get("/live/tables/tag")
    links = {link["href"] for link in page.html.select("tbody a") if "/tables/tag/" in link["href"]}
    assert len(links) >= 4
    for link in links:
        browser(app).get(link)


def test_the_hosts_registry_has_what_the_program_keeps(app: Any) -> None:
    assert app.registry["dashboard.broadcaster"].head().epoch
    assert global_registries.last is app.registry


def test_without_a_prefix_it_has_what_is_left(host: Host) -> None:
    with Configurator(
        settings={"sqlalchemy.url": host.database, "dashboard.environment": "development"}
    ) as config:
        config.add_route("mine", "/mine")
        config.add_view(lambda request: Response("mine"), route_name="mine")
        config.include("dashboard")
        config.set_live_identity(host.identify)
        app = config.make_wsgi_app()
    assert browser(app).get("/mine").text == "mine"
    assert "/tables/boards" in browser(app).get("/").text
    stop(app.registry)


def test_without_people_of_the_hosts_it_has_its_own(host: Host, capsys: Any) -> None:
    app = host.make(lambda config: None)
    assert "http://127.0.0.1:6543/live/setup?token=" in capsys.readouterr().out
    page = browser(app).get("/live/", status=303).follow()
    assert form_of(page, "password").action == "/live/sign-in"
    stop(app.registry)


def test_the_database_is_that_of_the_sessions(database: str, host: Host) -> None:
    with Configurator(settings={"dashboard.environment": "development"}) as config:
        config.include("dashboard", route_prefix="/live")
        config.add_live_sessions(scoped_session(host.sessions))
        config.set_live_identity("tests.embedding.test_host.someone")
        app = config.make_wsgi_app()
    assert app.registry["dashboard.engine"].url.database == host.engine.url.database
    assert "someone" in browser(app).get("/live/").text
    stop(app.registry)


def someone(request: Any) -> tuple[str, str]:
    return "someone", "watcher"


def test_sessions_of_another_database_are_refused(host: Host, empty_database: str) -> None:
    other = make_engine(empty_database)
    for prepare in (lambda: None, lambda: upgrade(other)):
        prepare()
        with pytest.raises(ConfigurationError, match="the program's tables aren't there"):
            host.make(lambda config: config.add_live_sessions(sessionmaker(other)))
    other.dispose()


def test_sessions_that_cannot_be_live(host: Host) -> None:
    for sessions, reason in (
        (sessionmaker(), "Bind the sessionmaker"),
        (host.engine, "takes a sessionmaker, and not Engine"),
    ):
        with pytest.raises(ConfigurationError, match=reason):
            host.make(lambda config, live=sessions: config.add_live_sessions(live))

    def twice(config: Configurator) -> None:
        config.add_live_sessions(host.sessions)
        config.add_live_sessions(host.sessions)

    def together(config: Configurator) -> None:
        config.add_live_sessions(host.sessions)
        config.add_live_sessions(sessionmaker(host.engine))

    def two_answers(config: Configurator) -> None:
        config.set_live_identity(host.identify)
        config.set_live_identity(host.identify)

    for wish, reason in (
        (twice, "live already"),
        (together, "share an engine"),
        (two_answers, "call it once"),
    ):
        with pytest.raises(ConfigurationError, match=reason):
            host.make(wish)


def test_an_error_of_the_hosts_is_logged_once_and_counts_as_a_no(
    app: Any, host: Host, caplog: Any
) -> None:
    people = app.registry["dashboard.mount"].people
    guest = _guest(app)
    assert people.still(guest) == guest
    host.failure = RuntimeError("the host is broken")
    with caplog.at_level(logging.ERROR):
        assert people.unchanged([guest]) == set()
    assert "The host can't tell whether 'ada' is signed in." in caplog.text


def test_a_database_that_is_away_is_no_answer(app: Any, host: Host) -> None:
    guest = _guest(app)
    host.failure = sa.exc.TimeoutError("no connection")
    with pytest.raises(sa.exc.TimeoutError):
        app.registry["dashboard.mount"].people.unchanged([guest])


def _guest(app: Any) -> Any:
    people = app.registry["dashboard.mount"].people
    outer = Request.blank("/live/stream", headers={"Cookie": "who=1"})
    inner = Request.blank("/stream", environ={"dashboard.guest": people.introduce(outer)})
    inner.registry = app.registry
    return people.of(inner)

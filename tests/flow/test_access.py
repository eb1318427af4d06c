"""What is above one's role stays out of every stream, also when the role changes meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import sqlalchemy as sa

from dashboard.changes import Broadcaster
from dashboard.models.engine import make_engine
from dashboard.models.people import User
from dashboard.queries import LiveViews
from tests.support import people, ward
from tests.support.databases import Databases
from tests.support.page import Page, read
from tests.support.server import Server, running
from tests.support.sse import EventStream
from tests.support.ward import Bed, Patient

NEWEST = "_sort_desc=id&_size=5"

numbers = count(1)
clients: list[httpx.Client] = []


@pytest.fixture(scope="module", params=["hub", "threads"])
def site(request: Any, databases: Databases) -> Iterator[Server]:
    """The ward, which only those may watch who have signed in."""
    database = databases.make()
    engine = make_engine(database)
    ward.Base.metadata.create_all(engine)
    engine.dispose()
    settings = {"models": "tests.support.ward", "public": False, "heartbeat": 0.3}
    with running(database, streaming=request.param, **settings) as server:
        people.add(server, "root", "admin")
        yield server


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    """Close the clients that a test has opened."""
    yield
    while clients:
        clients.pop().close()


class Person:
    """Somebody who has signed in to the ward."""

    def __init__(self, site: Server, role: str) -> None:
        self.site = site
        name = f"{role}{next(numbers)}"
        self.id = people.add(site, name, role)
        self.client: httpx.Client = people.sign_in(site, name)
        clients.append(self.client)

    def update(self, **values: Any) -> None:
        with self.site.sessions.begin() as session:
            session.execute(sa.update(User).where(User.id == self.id).values(**values))

    def change_password(self) -> None:
        token = people.token(self.client.get("/account").text)
        fields = {"csrf_token": token, "current": people.PASSWORD, "new": people.PASSWORD + "!"}
        assert self.client.post("/account", data=fields).status_code == 303

    def page(self, path: str) -> Page:
        answer = self.client.get(path)
        assert answer.status_code == 200
        return read(answer.text)

    def open(self, path: str) -> EventStream:
        return EventStream(self.site.url + path, people.cookies(self.client), timeout=10)

    def streams(self, *tables: str) -> list[EventStream]:
        """Open for each table a page's stream and a feed."""
        found = []
        for table in tables:
            page = self.page(f"/tables/{table}?{NEWEST}")
            query = urlencode({"view": page.view.name, "since": page.cursor})
            found += [self.open(f"/stream?{query}"), self.open(f"/changes?table={table}")]
        assert all(stream.status == 200 for stream in found)
        return found


def admit(site: Server, name: str) -> tuple[int, int]:
    """Add a patient and a bed of that name; return their keys."""
    with site.sessions.begin() as session:
        patient, bed = Patient(name=name), Bed(name=name)
        session.add_all([patient, bed])
        session.flush()
        return patient.id, bed.id


def rest(stream: EventStream) -> str:
    """Return why the stream ended, having come to its end, and all that it told."""
    with stream:
        heard = list(stream)
    assert heard[-1].event == "bye"
    return f"{heard[-1].data['reason']}: {heard}"


REVOCATIONS: dict[str, tuple[str, str, Any]] = {
    "editor to watcher": ("editor", "patient", lambda person: person.update(role="watcher")),
    "admin to editor": ("admin", "people", lambda person: person.update(role="editor")),
    "admin to watcher": ("admin", "people", lambda person: person.update(role="watcher")),
    "password changed": ("watcher", "bed", Person.change_password),
}


@pytest.mark.parametrize("case", REVOCATIONS.values(), ids=REVOCATIONS.keys())
def test_a_stream_ends_with_the_right_to_it(site: Server, case: Any) -> None:
    role, table, revoke = case
    for _ in range(5):
        person, name = Person(site, role), f"later {next(numbers)}"
        streams = person.streams(table)
        revoke(person)
        admit(site, name)
        people.add(site, name, "watcher")
        for stream in streams:
            told = rest(stream)
            assert told.startswith("auth: ")
            assert name not in told


def test_the_streams_of_others_go_on(site: Server) -> None:
    gone, staying = Person(site, "editor"), Person(site, "editor")
    with ExitStack() as stack:
        ending = [stack.enter_context(each) for each in gone.streams("bed", "patient")]
        streams = [stack.enter_context(each) for each in staying.streams("bed", "patient")]
        gone.update(session_epoch=9)
        name = f"later {next(numbers)}"
        admit(site, name)
        for stream in streams:
            assert any(name in str(event.data) for event in stream)
        for stream in ending:
            assert name not in rest(stream)


def test_with_a_lower_role_one_comes_back_to_see_less(site: Server) -> None:
    person, secret = Person(site, "editor"), f"secret {next(numbers)}"
    patient, bed = admit(site, "window")
    streams = person.streams("bed")
    person.update(role="watcher")
    with site.sessions.begin() as session:
        session.get_one(Patient, patient).name = secret
        session.get_one(Bed, bed).patient_id = patient
    for stream in streams:
        told = rest(stream)
        assert told.startswith("lifetime: ")
        assert secret not in told
    page = person.page(f"/tables/bed?id={bed}")
    assert page.view.texts()[0]["name"] == "window"
    assert secret not in str(page.root)


WATCH, SUBSCRIBE = LiveViews.watch, Broadcaster.subscribe


@pytest.mark.parametrize("path", [f"/stream?view=/tables/bed?{NEWEST}", "/changes"])
def test_a_right_that_goes_while_the_stream_opens(
    site: Server, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """The request is let in, and its session is revoked before it listens."""
    person, name = Person(site, "watcher"), f"later {next(numbers)}"
    live_views: LiveViews = site.registry["dashboard.live_views"]
    head = site.registry["dashboard.broadcaster"].head

    def revoke() -> None:
        person.update(session_epoch=9)
        while live_views.position != head().cursor:
            pass

    def watch(*arguments: Any) -> None:
        revoke()
        WATCH(*arguments)

    def subscribe(*arguments: Any) -> Any:
        revoke()
        return SUBSCRIBE(*arguments)

    assert live_views.position  # By now it follows the log.
    with monkeypatch.context() as patch:
        if path.startswith("/stream"):
            patch.setattr(LiveViews, "watch", watch)
        else:
            patch.setattr(Broadcaster, "subscribe", subscribe)
        stream = person.open(path.replace("?_", "%3F_").replace("&", "%26"))
    assert stream.status == 200
    admit(site, name)
    told = rest(stream)
    assert told.startswith("auth: ")
    assert name not in told


@pytest.mark.parametrize(
    "path",
    [
        "/changes?table=patient",
        "/changes?table=people",
        "/changes?table=bed&table=bed_patient",
        "/stream?view=/tables/patient",
        "/stream?view=/tables/patient/1",
        "/stream?view=/tables/people",
        "/stream?view=/tables/bed&view=/tables/patient",
        "/tables/patient",
        "/tables/patient/1",
    ],
)
def test_a_watcher_is_refused_what_is_above(site: Server, path: str) -> None:
    with Person(site, "watcher").open(path) as stream:
        assert stream.status == 403


def test_a_watcher_hears_nothing_of_what_is_above(site: Server) -> None:
    """Neither changes nor links nor what records are called: not live, and not replayed."""
    watcher, editor = Person(site, "watcher"), Person(site, "editor")
    start = str(site.registry["dashboard.broadcaster"].head().cursor)
    paths = [f"/tables/bed?{NEWEST}", f"/tables/bed?_search=secret&{NEWEST}", "/"]
    views = urlencode([("view", path) for path in paths])
    with ExitStack() as stack:
        feed, pages, editors = (
            stack.enter_context(who.open(path))
            for who, path in (
                (watcher, "/changes"),
                (watcher, f"/stream?{views}"),
                (editor, f"/stream?{views}"),
            )
        )
        patient, bed = admit(site, "door")
        with site.sessions.begin() as session:
            person, its_bed = session.get_one(Patient, patient), session.get_one(Bed, bed)
            person.name = "secret"
            its_bed.patient_id = patient
            its_bed.patients.append(person)
        people.add(site, "secret", "watcher")
        admit(site, "the end")
        replayed = stack.enter_context(watcher.open(f"/changes?since={start}"))
        told = [_until(stream, "the end") for stream in (feed, pages, replayed)]
        assert "secret" in _until(editors, "the end")
    for each in told:
        assert "door" in each
        assert "secret" not in each.replace("_search=secret", "")
        assert "/tables/patient" not in each
        assert "'table': 'patient'" not in each
        assert "bed_patient" not in each
        assert "people" not in each
    for path in [*paths, f"/tables/bed/{bed}"]:
        shown = str([view.shown() for view in watcher.page(path).views.values()])
        assert "secret" not in shown
        assert "/tables/patient" not in shown
    assert "secret" in str(editor.page(paths[0]).views)
    assert watcher.page(paths[1]).view.rows == {}


def _until(stream: EventStream, text: str) -> str:
    """Return what comes up to the event that has ``text`` in it."""
    told = []
    for event in stream:
        told.append(str(event.data))
        if text in told[-1]:
            return "\n".join(told)
    raise AssertionError("the stream ended")

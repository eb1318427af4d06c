"""Feeds that Pushpin holds: who gets what, and for how long."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import sqlalchemy as sa

from dashboard.models.people import User
from dashboard.streaming.edge.control import LARGEST_POST
from dashboard.views.edge import feed as edge_feed
from tests.proxies.pushpin import KEY, Pushpin
from tests.proxies.running import DOCS, Kind, free_port, nginx, proxying, replaced
from tests.support import people
from tests.support.server import Server, running
from tests.support.shop import Customer, Tag
from tests.support.sse import EventStream, Received


@pytest.fixture
def pushpin() -> Iterator[Pushpin]:
    with Pushpin(free_port()) as found:
        yield found


@pytest.fixture
def server(database: str, pushpin: Pushpin) -> Iterator[Server]:
    with running(database, port=pushpin.upstream, edge=pushpin.edge, heartbeat=1) as found:
        yield found


def commit(server: Server, *names: str) -> None:
    with server.sessions.begin() as session:
        session.add_all([Tag(name=name) for name in names])


def held(pushpin: Pushpin, path: str, headers: dict[str, str] | None = None) -> EventStream:
    """Return a stream that is held: what is committed from now on comes by publishing."""
    stream = EventStream(pushpin.url + path, headers)
    assert stream.status == 200
    assert next(stream.only("ping")).id
    return stream


def keys(stream: EventStream, count: int) -> list[Any]:
    return [
        event.data["key"] for _, event in zip(range(count), stream.only("change"), strict=False)
    ]


def rest(stream: EventStream) -> list[Received]:
    return [event for event in stream if event.event != "ping"]


def test_behind_nginx_the_feed_is_held_and_pages_pass_by(
    pushpin: Pushpin, server: Server, tmp_path: Path
) -> None:
    feed = replaced(
        (DOCS / "nginx-pushpin.conf").read_text(), **{"127.0.0.1:7999": f"127.0.0.1:{pushpin.port}"}
    )
    with proxying(Kind("nginx", nginx(feed)), pushpin.upstream, tmp_path) as url:
        stream = EventStream(f"{url}/changes?table=tag")
        assert next(stream.only("ping")).id
        assert httpx.get(f"{url}/tables/tag").status_code == 200
        pushpin.kill()
        assert httpx.get(f"{url}/tables/tag").status_code == 200
        assert httpx.get(f"{url}/changes?table=tag").status_code == 502
        pushpin.start()
        stream.close()
        until_well(f"{pushpin.url}/healthz")
        stream = EventStream(f"{url}/changes?table=tag", {"Last-Event-ID": str(stream.last_id)})
        commit(server, "a", "b")
        assert keys(stream, 2) == [["a"], ["b"]]
        stream.close()


def until_well(url: str, seconds: float = 20) -> None:
    """Wait until a proxy has found what is behind it."""
    deadline = time.monotonic() + seconds
    while (status := httpx.get(url).status_code) != 200:
        assert time.monotonic() < deadline, status
        time.sleep(0.05)


def signed(key: str = KEY, **claims: Any) -> dict[str, str]:
    return {"Grip-Sig": jwt.encode({"exp": time.time() + 60, **claims}, key, algorithm="HS256")}


def test_a_feed_goes_on_from_its_last_id(pushpin: Pushpin, server: Server) -> None:
    stream = held(pushpin, "/changes?table=tag")
    commit(server, "a", "b")
    assert keys(stream, 2) == [["a"], ["b"]]
    last = stream.last_id
    stream.close()
    commit(server, "c")
    stream = EventStream(pushpin.url + "/changes?table=tag", {"Last-Event-ID": str(last)})
    commit(server, "d")
    assert keys(stream, 2) == [["c"], ["d"]]
    stream.close()


def test_heartbeats_come_by_publishing(pushpin: Pushpin, server: Server) -> None:
    stream = held(pushpin, "/changes")
    assert all(
        "head" in event.data for _, event in zip(range(2), stream.only("ping"), strict=False)
    )
    stream.close()


def test_what_was_missed_comes_in_parts(
    pushpin: Pushpin, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_feed, "LONGEST_PART", 10_000)
    epoch = server.registry["dashboard.broadcaster"].head().epoch
    for number in range(3):
        commit(server, *(f"{number}-{each:04}" for each in range(900)))
    stream = EventStream(f"{pushpin.url}/changes?since={epoch}-0")
    assert len(keys(stream, 2700)) == 2700
    commit(server, "z")
    assert keys(stream, 1) == [["z"]]
    stream.close()


def test_what_is_too_large_to_publish_is_asked_for(pushpin: Pushpin, server: Server) -> None:
    stream = held(pushpin, "/changes")
    name = "x" * (LARGEST_POST + 1)
    with server.sessions.begin() as session:
        session.add(Customer(name=name))
    commit(server, "after")
    first, second = (event for _, event in zip(range(2), stream.only("change"), strict=False))
    assert first.data["after"]["name"] == name
    assert second.data["key"] == ["after"]
    stream.close()


def test_a_cursor_that_is_none_is_reset(pushpin: Pushpin, server: Server) -> None:
    stream = EventStream(pushpin.url + "/changes?since=%2F..%2Fjunk")
    assert next(iter(stream)).data == {"reason": "junk"}
    commit(server, "a")
    assert keys(stream, 1) == [["a"]]
    stream.close()


def test_pages_pass_through(pushpin: Pushpin, server: Server) -> None:
    stream = EventStream(pushpin.url + "/stream?view=/tables/tag")
    commit(server, "a")
    assert "a" in json.dumps(next(stream.only("patch")).data)
    stream.close()


FORGED = {
    "unsigned": {},
    "another key": signed("x" * 40),
    "expired": signed(exp=1),
    "no expiry": {"Grip-Sig": jwt.encode({"iss": "pushpin"}, KEY, algorithm="HS256")},
    "no algorithm": {"Grip-Sig": jwt.encode({"exp": 9e9}, "", algorithm="none")},
    "junk": {"Grip-Sig": "junk"},
}


@pytest.mark.parametrize("name", FORGED)
def test_who_did_not_come_through_it_is_answered_as_ever(name: str, server: Server) -> None:
    stream = EventStream(server.url + "/changes", FORGED[name])
    assert stream.status == 200
    assert not [each for each in stream.response.headers if each.startswith("Grip-")]
    commit(server, "a")
    assert keys(stream, 1) == [["a"]]
    stream.close()
    assert httpx.get(server.url + "/changes/held/x", headers=FORGED[name]).status_code == 404


def test_a_ticket_cannot_be_made_up(server: Server) -> None:
    for ticket in ("junk", signed()["Grip-Sig"], jwt.encode({"aud": "dashboard"}, "x" * 40)):
        answer = httpx.get(f"{server.url}/changes/held/{ticket}", headers=signed())
        assert answer.status_code in (401, 403)
    answer = httpx.get(server.url + "/changes/held", headers=signed())
    assert answer.status_code in (401, 403)


def test_who_may_not_see_is_refused(pushpin: Pushpin, server: Server) -> None:
    assert httpx.get(pushpin.url + "/changes?table=people").status_code in (401, 403)
    assert httpx.get(pushpin.url + "/changes?table=nowhere").status_code == 404


def test_each_gets_what_the_role_may_see(pushpin: Pushpin, server: Server) -> None:
    for name, role in (("root", "admin"), ("wanda", "watcher")):
        people.add(server, name, role)
    streams = {
        name: held(pushpin, "/changes", people.cookies(people.sign_in(server, name)))
        for name in ("root", "wanda")
    }
    streams["anybody"] = held(pushpin, "/changes")
    people.add(server, "new", "watcher")
    commit(server, "after")
    for name, stream in streams.items():
        expected = ["people", "tag"] if name == "root" else ["tag"]
        events = zip(expected, stream.only("change"), strict=False)
        assert [event.data["table"] for _, event in events] == expected, name
        stream.close()


def sign_out(server: Server, user_id: int, client: httpx.Client) -> None:
    people.sign_out(client)


def delete(server: Server, user_id: int, client: httpx.Client) -> None:
    with server.sessions.begin() as session:
        session.delete(session.get(User, user_id))


def demote(server: Server, user_id: int, client: httpx.Client) -> None:
    with server.sessions.begin() as session:
        found = session.get(User, user_id)
        assert found is not None
        found.role = "watcher"


@pytest.mark.parametrize("revoke", [sign_out, delete, demote])
def test_who_loses_the_right_gets_nothing_later(
    revoke: Callable[[Server, int, httpx.Client], None], pushpin: Pushpin, server: Server
) -> None:
    user_id = people.add(server, "root", "admin")
    client = people.sign_in(server, "root")
    stream = held(pushpin, "/changes?table=tag&table=people", people.cookies(client))
    commit(server, "before")
    assert keys(stream, 1) == [["before"]]
    revoke(server, user_id, client)
    commit(server, "after")
    events = rest(stream)
    assert events[-1].event == "bye"
    assert events[-1].data == {"reason": "auth"}
    assert not [each for each in events if each.event == "change"]
    stream.close()


def test_what_nothing_tells_of_is_found_at_the_next_heartbeat(
    pushpin: Pushpin, server: Server
) -> None:
    people.add(server, "root", "admin")
    stream = held(pushpin, "/changes", people.cookies(people.sign_in(server, "root")))
    with server.registry["dashboard.engine"].begin() as connection:
        connection.execute(sa.text("UPDATE dashboard_user SET session_epoch = 99"))
    assert rest(stream)[-1].data == {"reason": "auth"}
    stream.close()


def test_a_persons_feed_has_a_lifetime(database: str, pushpin: Pushpin) -> None:
    settings = {"edge": pushpin.edge, "heartbeat": 1, "lifetime": 1}
    with running(database, port=pushpin.upstream, **settings) as server:
        people.add(server, "root", "admin")
        stream = held(pushpin, "/changes", people.cookies(people.sign_in(server, "root")))
        assert rest(stream)[-1].data == {"reason": "lifetime"}
        stream.close()


def test_commits_do_not_wait_for_it(
    pushpin: Pushpin, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    pushpin.kill()
    for number in range(20):
        commit(server, f"t{number}")
    publisher = server.registry["dashboard.edge"]
    deadline = time.monotonic() + 10
    while publisher.connected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not publisher.connected
    pushpin.start()
    stream = held(pushpin, "/changes")
    commit(server, "after")
    assert keys(stream, 1) == [["after"]]
    stream.close()
    assert caplog.text.count("The edge is away") == 1

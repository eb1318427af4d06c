"""Streams of the host's people: open for as long as the host says so, each by its own cookie."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.embedding.conftest import Start, Workshop
from tests.embedding.hosts import ADMIN, Host
from tests.streaming.test_hub import wait_for
from tests.support.people import cookies, token
from tests.support.server import Server
from tests.support.shop import Tag
from tests.support.sse import EventStream
from tests.support.websocket import Closed, Socket

STREAMING = ["hub", "threads"]


@pytest.fixture
def host(database: str) -> Iterator[Host]:
    host = Host(database)
    yield host
    host.close()


def follow(server: Server, who: str, path: str = "/live/changes") -> EventStream:
    return EventStream(server.url + path, {"Cookie": f"who={who}"})


def last(stream: EventStream) -> Any:
    """Return the event that a stream ends with."""
    event = list(stream)[-1]
    return event.event, event.data


@pytest.mark.parametrize("streaming", STREAMING)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "auth"),
        (("ada", None), "auth"),
        (("somebody else", "admin"), "auth"),
        (("ada", "watcher"), "lifetime"),
    ],
)
def test_a_stream_ends_with_the_right_to_it(
    host: Host, streaming: str, answer: Any, reason: str
) -> None:
    with (
        host.running(streaming) as server,
        follow(server, "1", "/live/changes?table=tag") as stream,
    ):
        next(stream.only("ping"))
        host.known["1"] = answer
        assert last(stream) == ("bye", {"reason": reason})


@pytest.mark.parametrize("streaming", STREAMING)
def test_only_the_session_that_was_ended_ends(host: Host, streaming: str) -> None:
    host.known["2"] = ADMIN
    with (
        host.running(streaming) as server,
        follow(server, "1") as ended,
        follow(server, "2") as kept,
    ):
        next(kept.only("ping"))
        del host.known["1"]
        assert last(ended) == ("bye", {"reason": "auth"})
        with host.sessions.begin() as session:
            session.add(Tag(name="still heard"))
        assert next(kept.only("change")).data["key"] == ["still heard"]


def test_a_stream_outlives_the_absence_of_the_hosts_database(host: Host) -> None:
    with host.running("hub") as server, follow(server, "1") as stream:
        next(stream.only("ping"))
        host.failure = sa.exc.OperationalError("SELECT", {}, OSError("gone"))
        asked = host.asked
        wait_for(lambda: host.asked > asked + 2)
        host.failure = None
        assert next(stream.only("ping"))


def test_an_error_of_the_hosts_ends_a_stream(host: Host) -> None:
    with host.running("hub") as server, follow(server, "1") as stream:
        next(stream.only("ping"))
        host.failure = RuntimeError("broken")
        assert last(stream) == ("bye", {"reason": "auth"})


def test_a_socket_is_heard_as_long_as_the_host_says_so(host: Host) -> None:
    with host.running("hub") as server:
        url = f"{server.url.replace('http', 'ws')}/live/ws"
        with Socket(url, greet=False) as stranger:
            assert stranger.status == 401
        with Socket(url, {"Cookie": "who=1"}) as client:
            client.send(type="subscribe", id=1, topic="/tables/tag")
            client.take("subscribed")
            del host.known["1"]
            with pytest.raises(Closed):
                while True:
                    client.take()


def test_a_cookie_that_is_kept_is_worth_nothing_after_signing_out(workshop: Workshop) -> None:
    ann = workshop.sign_in("ann")
    url = f"{workshop.url}/live/stream?view=/tables/repair"
    headers = cookies(ann)
    with EventStream(url, headers) as stream:
        assert next(stream.only("ping"))
        page = ann.get("/").text
        assert ann.post("/logout", data={"csrf_token": "wrong"}).status_code == 400
        assert ann.post("/logout", data={"csrf_token": token(page)}).status_code == 303
        assert last(stream) == ("bye", {"reason": "auth"})
    with EventStream(url, headers) as stream:
        assert stream.status == 401


def test_a_changed_role_counts_at_the_next_heartbeat(workshop: Workshop) -> None:
    bob = workshop.sign_in("bob")
    with EventStream(f"{workshop.url}/live/changes?table=repair", cookies(bob)) as stream:
        next(stream.only("ping"))
        workshop.change("bob", live_role=None)
        assert last(stream) == ("bye", {"reason": "auth"})
    assert bob.get("/live/tables/repair").status_code == 403


@pytest.mark.parametrize("explicit", [True, False])
def test_finding_out_who_it_is_keeps_no_lock(start: Start, explicit: bool) -> None:
    """In SQLite the workshop's look at the person takes the write lock, before the program is
    reached, and the program writes on a connection of its own."""
    with start(explicit=explicit) as workshop:
        ann = workshop.sign_in("ann")
        path = "/live/tables/repair/new"
        with EventStream(f"{workshop.url}/live/changes", cookies(ann)) as stream:
            form = {"csrf_token": token(ann.get(path).text), "bicycle": "Blue tandem"}
            more = {"state": "ready", "price": "10"}
            # SQLite would wait 30 seconds for the lock.
            assert ann.post(path, data={**form, **more}, timeout=15).status_code == 303
            assert next(stream.only("change")).data["actor"] == "ann"


@contextmanager
def served(folder: Path, *command: str) -> Iterator[str]:
    """Run a server as the document says, on a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ini = (folder / "workshop.ini").read_text()
    (folder / "served.ini").write_text(
        ini.replace("6543", str(port)).replace(
            "\n[server:main]", "dashboard.heartbeat = 0.5\n\n[server:main]"
        )
    )
    process = subprocess.Popen(
        [sys.executable, "-m", *(each.replace("PORT", str(port)) for each in command)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: process.poll() is not None or _listens(port), seconds=30)
        assert process.poll() is None, "the server ended at its start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


GUNICORN = (
    *("gunicorn", "--paste", "served.ini", "--bind", "127.0.0.1:PORT", "--no-control-socket"),
    *("--worker-class", "gthread", "--threads", "6", "--workers", "1"),
)


@pytest.mark.parametrize(
    "command", [("pyramid.scripts.pserve", "served.ini"), GUNICORN], ids=["pserve", "gunicorn"]
)
def test_the_example_on_its_own_server_and_on_another(
    example: Path, start: Start, command: tuple[str, ...]
) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(served(example, *command))
        import workshop as module

        there = Workshop(url, Server(url, None, None), module)  # type: ignore[arg-type]
        ann = there.sign_in("ann")
        stream = stack.enter_context(EventStream(f"{url}/live/changes", cookies(ann)))
        assert next(stream.only("ping"))
        page = ann.get("/").text
        form = {"csrf_token": token(page), "state": "on the stand"}
        again = {"csrf_token": token(page), "state": "waiting"}
        for each in (form, again):
            assert ann.post("/repairs/2", data=each).status_code == 303
        change = next(stream.only("change"))
        assert (change.data["after"]["state"], change.data["actor"]) == ("on the stand", "ann")

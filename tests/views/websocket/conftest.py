"""The real program with people in it, for those who sign in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support import people
from tests.support.server import Server, running
from tests.support.websocket import Socket

OpenSocket = Callable[..., Socket]


@pytest.fixture
def private(database: str) -> Iterator[Server]:
    """A heartbeat far beyond the test's patience, so that nothing is found by it."""
    with running(database, streaming="hub", public=False, heartbeat=60) as server:
        people.add(server, "root", "admin")
        yield server


@pytest.fixture
def server(database: str) -> Iterator[Server]:
    """Sockets are held by the hub, whatever other tests stream by."""
    with running(database, streaming="hub") as server:
        yield server


@pytest.fixture
def open_socket() -> Iterator[OpenSocket]:
    """Opens sockets: call it with a server, and the name of who signs in, if anybody."""
    sockets: list[Socket] = []

    def open_socket(server: Server, name: str | None = None) -> Socket:
        headers = {} if name is None else people.cookies(people.sign_in(server, name))
        sockets.append(Socket(server.url, {"Origin": server.url, **headers}))
        return sockets[-1]

    yield open_socket
    for each in sockets:
        each.close()

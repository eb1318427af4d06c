"""``event_source`` on a real server: what a view may be, and what the client gets."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from waitress.server import create_server

from dashboard.settings import Settings
from dashboard.streaming import event_source
from tests.support.sse import EventStream

closed = threading.Event()


@event_source
def of_request(request: Any) -> Iterator[dict[str, Any]]:
    yield {"event": "first", "data": {"path": request.path}, "id": "1", "retry": 2500}
    yield {"data": "two\nlines"}


@event_source
def of_context(context: Any, request: Any) -> list[dict[str, Any]]:
    return [{"data": [type(context).__name__, request.method]}]


@event_source
def response(request: Any) -> Response:
    return Response("not today", status=409)


@event_source
def endless(request: Any) -> Iterator[dict[str, Any] | None]:
    try:
        yield {"data": 0}
        while True:
            time.sleep(0.02)
            yield None
    finally:
        closed.set()


@event_source
def failing(request: Any) -> Iterator[dict[str, Any]]:
    yield {"data": 1}
    raise RuntimeError("a fault in the view")


class Views:
    def __init__(self, request: Any) -> None:
        self.request = request

    @event_source
    def method(self) -> Iterator[dict[str, Any]]:
        yield {"data": self.request.path}


@pytest.fixture
def url() -> Iterator[str]:
    """The views on a plain waitress, with a cap of two streams and a heartbeat of 0.1 s."""
    with Configurator() as config:
        config.registry["dashboard.settings"] = Settings(heartbeat=0.1, max_streams=2)
        config.include("dashboard.streaming")
        for view in (of_request, of_context, response, endless, failing):
            config.add_route(view.__name__, f"/{view.__name__}")
            config.add_view(view, route_name=view.__name__)
        config.add_route("method", "/method")
        config.add_view(Views, attr="method", route_name="method")
        app = config.make_wsgi_app()
    server = create_server(app, listen="127.0.0.1:0", threads=8, asyncore_use_poll=True)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown(cancel_pending=True, timeout=2)
    server.close()
    thread.join(timeout=5)


def events(url: str) -> list[tuple[str, Any, str | None]]:
    with EventStream(url) as stream:
        assert stream.status == 200
        return [(each.event, each.data, each.id) for each in stream]


def test_a_generator_of_a_request(url: str) -> None:
    with EventStream(f"{url}/of_request") as stream:
        headers = stream.response.headers
        assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert headers["Cache-Control"] == "no-store, no-transform"
        assert headers["X-Accel-Buffering"] == "no"
        assert "Content-Length" not in headers
        first = next(iter(stream))
        assert (first.event, first.data, first.id) == ("first", {"path": "/of_request"}, "1")
        assert stream.retry == 2500


def test_a_view_of_context_and_request_that_returns_a_list(url: str) -> None:
    assert events(f"{url}/of_context") == [("message", ["DefaultRootFactory", "GET"], None)]


def test_a_method_of_a_view_class(url: str) -> None:
    with EventStream(f"{url}/method") as stream:
        assert b"data: /method\n" in stream.response.read()


def test_a_response_is_passed_on(url: str) -> None:
    with EventStream(f"{url}/response") as stream:
        assert stream.status == 409
        assert stream.response.read() == b"not today"


def test_the_client_is_told_to_wait_a_time_of_its_own(url: str) -> None:
    waits = set()
    for _ in range(5):
        with EventStream(f"{url}/of_context") as stream:
            list(stream)
            waits.add(stream.retry)
    assert len(waits) > 1 and all(1000 <= (wait or 0) <= 6000 for wait in waits)


def test_a_quiet_generator_lets_heartbeats_out_and_is_closed_when_the_client_goes(url: str) -> None:
    closed.clear()
    with EventStream(f"{url}/endless") as stream:
        names = [each.event for _, each in zip(range(3), stream, strict=False)]
        assert names == ["message", "ping", "ping"]
        assert not closed.is_set()
    assert closed.wait(timeout=5)


def test_a_fault_ends_the_stream_and_gives_its_place_back(url: str, caplog: Any) -> None:
    for _ in range(5):  # More often than there are places.
        assert events(f"{url}/failing") == [("message", 1, None)]
    assert "A stream failed" in caplog.text


def test_over_the_cap_the_answer_is_503_until_a_place_is_free(url: str) -> None:
    with EventStream(f"{url}/endless") as first, EventStream(f"{url}/endless") as second:
        assert (first.status, second.status) == (200, 200)
        with EventStream(f"{url}/endless") as third:
            assert third.status == 503
            assert 1 <= int(third.response.headers["Retry-After"]) <= 10
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with EventStream(f"{url}/endless") as again:
            if again.status == 200:
                return
        time.sleep(0.05)
    pytest.fail("no place became free")


def test_head_opens_no_stream(url: str) -> None:
    import http.client

    for _ in range(4):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
        connection.request("HEAD", "/endless")
        assert connection.getresponse().status == 200
        connection.close()

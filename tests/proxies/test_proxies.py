"""Streams through proxies: as they come, as docs/proxies says, and told to compress all."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.proxies.conftest import PASSWORD, Upstream
from tests.proxies.running import (
    Kind,
    caddy,
    caddy_recipe,
    haproxy,
    haproxy_recipe,
    nginx,
    nginx_recipe,
    proxying,
)
from tests.support.shop import Tag
from tests.support.websocket import Socket

KINDS = {
    "nginx": Kind("nginx", nginx()),
    "nginx, recipe": Kind("nginx", nginx_recipe, "https"),
    "nginx, compressing": Kind("nginx", nginx("gzip on; gzip_types *; gzip_proxied any;")),
    "caddy": Kind("caddy", caddy()),
    "caddy, recipe": Kind("caddy", caddy_recipe, "https"),
    "caddy, compressing": Kind("caddy", caddy("encode zstd gzip")),
    "haproxy": Kind("haproxy", haproxy()),
    "haproxy, recipe": Kind("haproxy", haproxy_recipe, "https"),
    "haproxy, compressing": Kind(
        "haproxy", haproxy("compression algo gzip\n    compression type text/event-stream")
    ),
}
RECIPES = [name for name in KINDS if name.endswith("recipe")]

IMPATIENT = {
    # nginx waits for 60 seconds unless told otherwise, Debian's HAProxy for 50; Caddy for ever.
    "nginx": Kind("nginx", nginx("proxy_read_timeout 2s; send_timeout 2s; keepalive_timeout 2s;")),
    "haproxy": Kind("haproxy", haproxy(timeout="2000")),
}


def client(url: str) -> httpx.Client:
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return httpx.Client(base_url=url, verify=trusting, timeout=10)


@pytest.fixture(scope="module")
def proxy(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of the proxy that the test is parametrised with."""
    with proxying(KINDS[request.param], upstream.port, tmp_path_factory.mktemp("proxy")) as url:
        yield url


@pytest.fixture
def through(proxy: str) -> Iterator[httpx.Client]:
    with client(proxy) as found:
        yield found


of_every_kind = pytest.mark.parametrize("proxy", KINDS, indirect=True)
by_the_recipe = pytest.mark.parametrize("proxy", RECIPES, indirect=True)


class Events:
    """The events of a stream, as they come."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def wait(self, name: str) -> Any:
        """Read until the next event of that name, and return its data."""
        assert f"event: {name}" in self._lines, "the stream ended"
        return json.loads(next(self._lines).removeprefix("data: "))


@contextmanager
def watching(through: httpx.Client) -> Iterator[Events]:
    with through.stream(
        "GET", "/stream?view=/tables/tag", headers={"Accept": "text/event-stream"}
    ) as response:
        assert response.status_code == 200
        yield Events(response)


def add_tag(upstream: Upstream) -> None:
    with upstream.sessions.begin() as session:
        session.add(Tag(name=f"tag {time.monotonic()}"))


@pytest.mark.alone
@of_every_kind
def test_events_pass_at_once(through: httpx.Client, upstream: Upstream) -> None:
    through.get("/healthz")
    started = time.monotonic()
    with watching(through) as events:
        events.wait("patch")
        first = time.monotonic() - started
        delays = []
        for _ in range(5):
            add_tag(upstream)
            committed = time.monotonic()
            events.wait("patch")
            delays.append(time.monotonic() - committed)
        print(
            f"\nfirst event after {first * 1000:.0f} ms, later ones after at most "
            f"{max(delays) * 1000:.0f} ms; {events.response.http_version}, "
            f"{events.response.headers.get('Content-Encoding', 'not compressed')}"
        )
        assert first < 1
        assert max(delays) < 1


@pytest.mark.alone
@of_every_kind
def test_heartbeats_pass(through: httpx.Client) -> None:
    with watching(through) as events:
        for _ in range(4):
            sent = datetime.fromisoformat(events.wait("ping")["at"])
            assert datetime.now(UTC) - sent < timedelta(seconds=1)


@of_every_kind
def test_a_stream_ends_when_its_client_goes(through: httpx.Client, upstream: Upstream) -> None:
    with watching(through) as events:
        events.wait("patch")
        during = upstream.connections()
    deadline = time.monotonic() + 5
    while upstream.connections() >= during:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("name", IMPATIENT)
def test_heartbeats_keep_a_quiet_stream_open(name: str, upstream: Upstream, tmp_path: Path) -> None:
    with (
        proxying(IMPATIENT[name], upstream.port, tmp_path) as url,
        client(url) as through,
        watching(through) as events,
    ):
        started = time.monotonic()
        while time.monotonic() - started < 5:
            events.wait("ping")
        add_tag(upstream)
        events.wait("patch")


@by_the_recipe
def test_websockets_pass(proxy: str, upstream: Upstream) -> None:
    with Socket(proxy, {"Origin": proxy}) as ws:
        assert ws.ask(type="subscribe", topic="/changes")["type"] == "subscribed"
        add_tag(upstream)
        assert ws.take("change")["data"]["table"] == "tag"
        for _ in range(6):
            ws.take("ping")
        assert ws.pings
    with Socket(proxy, {"Origin": "https://evil.example"}) as ws:
        assert ws.status == 403


@by_the_recipe
def test_one_can_sign_in(proxy: str, through: httpx.Client) -> None:
    """The scheme, the host and the visitor's address have to be told for that."""
    page = through.get("/sign-in")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    answer = through.post(
        "/sign-in",
        data={"csrf_token": token[1], "name": "ada", "password": PASSWORD},
        headers={"Origin": proxy, "Referer": f"{proxy}/sign-in"},
    )
    assert answer.status_code == 303, answer.text
    assert "Strict-Transport-Security" in answer.headers
    assert "Signed in as ada" in through.get("/").text

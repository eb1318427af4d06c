"""Peers that have gone without a word, as a laptop does that loses its network: freed in time.

They live in a network namespace of their own, whose way to the server is then closed: nothing
comes from there any more, not even an acknowledgement, and nobody is told. That needs root and
the command ``ip``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dashboard.streaming import connection
from dashboard.streaming.metrics import Metrics
from tests.support.absent import absent
from tests.support.server import running
from tests.support.shop import Tag
from tests.support.sse import EventStream

PEERS = 50

TIMES = {
    "short": (0.5, 2.0),
    # As the program has it: run with DASHBOARD_HALF_OPEN=defaults, and have a minute.
    "defaults": (15.0, 30.0),
}
"""Seconds between heartbeats, and those that a peer may leave one unacknowledged."""

PEER = """
import selectors, socket, sys
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chosen = selectors.DefaultSelector()
for _ in range(count):
    peer = socket.create_connection((host, port))
    peer.sendall(f"GET /stream?view=/tables/tag HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
    chosen.register(peer, selectors.EVENT_READ)
print("open", flush=True)
while True:
    for key, _ in chosen.select():
        if not key.fileobj.recv(65536):
            chosen.unregister(key.fileobj)
"""


@dataclass(frozen=True)
class Network:
    """A namespace, and the address of this side of the wire to it."""

    namespace: str
    here: str
    there: str

    def enter(self, *command: str) -> subprocess.Popen[bytes]:
        inside = ["ip", "netns", "exec", self.namespace, *command]
        return subprocess.Popen(inside, stdout=subprocess.PIPE)

    def cut(self) -> None:
        """Let nothing out any more."""
        ip(f"-n {self.namespace} route add blackhole {self.here}/32")


def ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True, capture_output=True)


@pytest.fixture
def network() -> Iterator[Network]:
    if shutil.which("ip") is None or os.geteuid() != 0:
        absent("Network namespaces need root and the command ip (package iproute2).")
    number = os.getpid() % 16000
    name, third, fourth = f"peers-{number}", number // 64, number % 64 * 4
    found = Network(name, f"10.213.{third}.{fourth + 1}", f"10.213.{third}.{fourth + 2}")
    ip(f"netns add {name}")
    try:
        ip(f"link add dash{number} type veth peer name wire netns {name}")
        ip(f"addr add {found.here}/30 dev dash{number}")
        ip(f"link set dash{number} up")
        ip(f"-n {name} addr add {found.there}/30 dev wire")
        ip(f"-n {name} link set wire up")
        yield found
    finally:
        ip(f"link del dash{number}")
        ip(f"netns del {name}")


def test_half_open_peers_are_freed(
    database: str, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat, patience = TIMES[os.environ.get("DASHBOARD_HALF_OPEN", "short")]
    monkeypatch.setattr(connection, "USER_TIMEOUT_MILLISECONDS", round(patience * 1000))
    with running(
        database, host=network.here, streaming="hub", heartbeat=heartbeat, max_streams=200
    ) as server:
        metrics = server.hub.metrics
        port = server.url.rsplit(":", 1)[1]
        peers = network.enter(sys.executable, "-c", PEER, network.here, port, str(PEERS))
        try:
            assert peers.stdout is not None and peers.stdout.readline() == b"open\n"
            with EventStream(f"{server.url}/stream?view=/tables/tag", timeout=60) as alive:
                wait_for_streams(metrics, PEERS + 1, 10)
                time.sleep(1)
                network.cut()
                started = time.monotonic()
                wait_for_streams(metrics, 1, heartbeat + patience + 10)
                took = time.monotonic() - started
                print(f"\n{PEERS} half-open peers were freed after {took:.1f} s")
                assert took < 60
                with server.sessions.begin() as session:
                    session.add(Tag(name="still here"))
                patches = alive.only("patch")
                assert any("still here" in str(each.data) for each in patches)
        finally:
            peers.kill()
            peers.communicate()


def wait_for_streams(metrics: Metrics, count: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while metrics.streams != count:
        assert time.monotonic() < deadline, f"{metrics.streams} streams"
        time.sleep(0.05)

"""The server as operators run it: its listeners, its signals, its reload, and servers of others."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from dashboard.changes import install
from tests.support.shop import Tag
from tests.support.sse import EventStream

INI = """
[app:main]
use = egg:dashboard
sqlalchemy.url = {database}
dashboard.environment = development
dashboard.models = tests.support.shop
dashboard.public = true
dashboard.poll = 0.05
dashboard.heartbeat = 0.5

[server:main]
{server}

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = INFO
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(name)s: %(message)s
"""

TOP = Path(__file__).parents[2]
PSERVE = [sys.executable, "-c", "from pyramid.scripts.pserve import main; main()"]

Start = Callable[..., "Running"]


class Running:
    """A server's process, and what it has said."""

    def __init__(self, command: Sequence[Any], log: Path) -> None:
        self._log = log
        with log.open("w") as file:
            # In the background of a shell SIGINT is ignored, which processes inherit.
            self.process = subprocess.Popen(
                command,
                cwd=TOP,
                stdout=file,
                stderr=file,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    def wait_for(self, condition: Callable[[], Any], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.05)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


@pytest.fixture
def ini(tmp_path: Path, database: str) -> Callable[[str], Path]:
    def write(server: str) -> Path:
        path = tmp_path / "server.ini"
        path.write_text(INI.format(database=database, server=server))
        return path

    return write


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    servers: list[Running] = []

    def run(*command: Any) -> Running:
        servers.append(Running(command, tmp_path / "server.log"))
        return servers[-1]

    yield run
    for each in servers:
        each.end()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def commit(database: str, name: str) -> None:
    """Commit a tag as a program of its own does."""
    engine = sa.create_engine(database)
    sessions = sessionmaker(engine)
    install(sessions)
    with sessions.begin() as session:
        session.add(Tag(name=name))
    engine.dispose()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_every_listener_and_every_stream(
    start: Start, ini: Callable[[str], Path], number: int
) -> None:
    ports = [free_port(), free_port()]
    listen = " ".join(f"127.0.0.1:{port}" for port in ports)
    server = start(*PSERVE, ini(f"use = egg:dashboard\nlisten = {listen}\nthreads = 3"))
    server.wait_for(lambda: all(map(listens, ports)))
    assert "streams fit" in server.said
    streams = [EventStream(f"http://127.0.0.1:{port}/changes") for port in ports * 10]
    server.process.send_signal(number)
    for stream in streams:
        last = list(stream)[-1]
        assert (last.event, last.data) == ("bye", {"reason": "shutdown"})
        stream.close()
    assert server.process.wait(timeout=5) == 0, server.said
    assert "Traceback" not in server.said


def test_a_unix_socket_streams(
    start: Start, ini: Callable[[str], Path], tmp_path: Path, database: str
) -> None:
    path = tmp_path / "socket"
    server = start(*PSERVE, ini(f"use = egg:dashboard\nunix_socket = {path}"))
    server.wait_for(path.exists)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(path))
        client.sendall(b"GET /changes HTTP/1.1\r\nHost: localhost\r\n\r\n")
        read_until(client, b"event: ping")
        commit(database, "by a socket's name")
        assert b"by a socket's name" in read_until(client, b"event: change")
        server.process.terminate()
        assert read_until(client, b"\r\n0\r\n\r\n").endswith(b"\r\n0\r\n\r\n")


def test_a_reload_says_goodbye_and_comes_back(start: Start, ini: Callable[[str], Path]) -> None:
    port = free_port()
    path = ini(f"use = egg:dashboard\nlisten = 127.0.0.1:{port}")
    server = start(*PSERVE, "--reload", path)
    server.wait_for(lambda: listens(port))
    with EventStream(f"http://127.0.0.1:{port}/changes") as stream:
        next(stream.only("ping"))
        path.write_text(path.read_text() + "\n")
        last = list(stream)[-1]
        assert (last.event, last.data) == ("bye", {"reason": "shutdown"})
    server.wait_for(lambda: server.said.count("streams fit") == 2 and listens(port))
    with EventStream(f"http://127.0.0.1:{port}/changes") as stream:
        assert next(stream.only("ping"))
    server.process.terminate()
    server.process.wait(timeout=10)


OTHERS = {
    "waitress": lambda ini, port: [*PSERVE, ini],
    "gunicorn": lambda ini, port: [
        *(sys.executable, "-m", "gunicorn", "--paste", ini, "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--threads", "6", "--workers", "1", "--no-control-socket"),
    ],
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_servers_stream_from_a_thread_under_the_cap(
    start: Start, ini: Callable[[str], Path], database: str, name: str
) -> None:
    port = free_port()
    path = ini(f"use = egg:waitress#main\nlisten = 127.0.0.1:{port}\nthreads = 6")
    path.write_text(path.read_text().replace("[server:", "dashboard.max_streams = 2\n\n[server:"))
    server = start(*OTHERS[name](path, port))
    server.wait_for(lambda: listens(port))
    url = f"http://127.0.0.1:{port}/changes"
    with EventStream(url) as one, EventStream(url) as two:
        with EventStream(url) as third:
            assert third.status == 503
            assert third.response.headers["Retry-After"]
        commit(database, "from elsewhere")
        for stream in (one, two):
            assert next(stream.only("change")).data["after"]["name"] == "from elsewhere"


def read_until(sock: socket.socket, marker: bytes) -> bytes:
    data = b""
    while marker not in data:
        some = sock.recv(65536)
        assert some, data
        data += some
    return data

"""A Redis or RabbitMQ server of a benchmark's or test's own, which can be killed and started again.

They answer to what ``Cluster`` does: ``with Redis() as broker``, ``url``, ``kill``, ``start``.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.support.absent import absent

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Broker:
    """A server in a folder of its own. A subclass says how it is called."""

    name: str
    url: str
    greeting: bytes
    """What a client says first."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix=f"dashboard-{self.name}-"))
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def start(self, seconds: float = 60) -> None:
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self.command(), env=self.environment(), cwd=self._folder, stdout=output,
                stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + seconds
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "output").read_text()
            assert time.monotonic() < deadline, f"{self.name} doesn't answer"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
                client.sendall(self.greeting)
                return bool(client.recv(1))
        except OSError:
            return False

    def kill(self) -> None:
        """End it, and what it has started, as a power cut does."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=10)

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


class Redis(Broker):
    name = "redis"
    greeting = b"PING\r\n"

    def __init__(self) -> None:
        super().__init__()
        self.url = f"redis://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        program = _found(shutil.which("redis-server"), "redis-server")
        return [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]


class Rabbitmq(Broker):
    name = "rabbitmq"
    greeting = b"AMQP\0\0\x09\x01"

    def __init__(self) -> None:
        super().__init__()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self._distribution = free_port()

    def command(self) -> list[str]:
        return [_found(str(RABBITMQ) if RABBITMQ.exists() else None, "rabbitmq-server")]

    def environment(self) -> dict[str, str]:
        (self._folder / "plugins").write_text("[].")
        given = {
            "HOME": self._folder,
            "RABBITMQ_NODENAME": f"dashboard{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": self.port,
            "RABBITMQ_DIST_PORT": self._distribution,
            "RABBITMQ_MNESIA_BASE": self._folder / "mnesia",
            "RABBITMQ_LOG_BASE": self._folder / "log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": self._folder / "none",
            "RABBITMQ_ADVANCED_CONFIG_FILE": self._folder / "none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": self._folder / "plugins",
        }
        return {**os.environ, **{name: str(value) for name, value in given.items()}}


def _found(program: str | None, name: str) -> str:
    if program is None:
        absent(f"There is no {name} here.")
    return program

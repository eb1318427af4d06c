"""Pushpin, as the documents have it, on ports and in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import httpx

from tests.proxies.running import DOCS, free_port, program_path, replaced

KEY = "a key that the tests and Pushpin share"


class Pushpin:
    """``with Pushpin(upstream) as pushpin`` runs it in front of a port; it can be killed, too."""

    def __init__(self, upstream: int, **settings: str) -> None:
        self._path = program_path("pushpin")
        # Its sockets' names must be short.
        self._folder = Path(tempfile.mkdtemp(prefix="pushpin"))
        self.upstream = upstream
        self.port, self.control = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.edge = f"http://127.0.0.1:{self.control}/?key={KEY}"
        (self._folder / "pushpin.conf").write_text(self._config(settings))
        routes = replaced((DOCS / "pushpin.routes").read_text(), **{"6543": str(upstream)})
        (self._folder / "routes").write_text(routes)
        self._process: subprocess.Popen[bytes] | None = None

    def _config(self, settings: dict[str, str]) -> str:
        own = {
            "/var/run/pushpin": str(self._folder),
            "/var/log/pushpin": str(self._folder),
            "127.0.0.1:7999": f"127.0.0.1:{self.port}",
            "push_in_http_port=5561": f"push_in_http_port={self.control}\n{self._ports()}",
            "0000-make-a-key-of-your-own-0000": KEY,
            # Debian runs zurl as a service of its own.
            "services=condure,": "services=condure,zurl,",
            "[proxy]": "[proxy]\n"
            "zurl_out_specs=ipc://{rundir}/{ipc_prefix}zurl-in\n"
            "zurl_out_stream_specs=ipc://{rundir}/{ipc_prefix}zurl-in-stream\n"
            "zurl_in_specs=ipc://{rundir}/{ipc_prefix}zurl-out",
        }
        own["log_level=1"] = f"log_level={os.environ.get('PPLOG', 1)}"
        return replaced((DOCS / "pushpin.conf").read_text(), **own, **settings)

    @staticmethod
    def _ports() -> str:
        """Return where nothing here publishes, as files: a port may be another's by then."""
        names = ("push_in_spec", "push_in_sub_specs", "command_spec")
        return "\n".join(f"{name}=ipc://{{rundir}}/{name}" for name in names)

    @property
    def log(self) -> str:
        return (self._folder / "output").read_text()

    def start(self) -> None:
        command = [self._path, "--config", str(self._folder / "pushpin.conf"), "--merge-output"]
        with (self._folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + 20
        while not self._ready():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            # Whatever it says, it says something.
            httpx.get(f"{self.url}/healthz", timeout=5)
            socket.create_connection(("127.0.0.1", self.control), timeout=1).close()
        except (httpx.HTTPError, OSError):
            return False
        return True

    def kill(self) -> None:
        """End it and what it has started at once."""
        if self._process is not None:
            for pid in _session(self._process.pid):
                os.kill(pid, signal.SIGKILL)
            self._process.wait(timeout=10)
            self._process = None

    def __enter__(self) -> Pushpin:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def _session(leader: int) -> Iterator[int]:
    """Yield the processes of the session that a process leads; Pushpin's are no group."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, _, fields = stat.read_text().partition(" ")
            # What follows the name in parentheses: state, parent, group, session.
            if int(fields.rpartition(")")[2].split()[3]) == leader:
                yield int(pid)

"""The program in a process of its own, which can be killed and started again where it was."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any

from tests.support.server import running

TOP = Path(__file__).parents[2]


class ServerProcess:
    """``with ServerProcess(database, ...) as server`` runs it; ``kill`` and ``start`` repeat.

    ``settings`` are those of ``dashboard.*``. The port, one that is free unless it's given, stays
    the same.
    """

    def __init__(self, database: str, *, port: int = 0, **settings: Any) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            self._port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._arguments = [database, str(self._port), json.dumps(settings)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", __spec__.name, *self._arguments]
        self._process = subprocess.Popen(command, cwd=TOP, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None, "the server ended at its start"
            assert time.monotonic() < deadline, "the server doesn't answer"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut does: it gets no chance to say goodbye."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url + "/healthz", timeout=5).close()
        except OSError:
            return False
        return True

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()


def main(database: str, port: str, settings: str) -> None:
    with running(database, port=int(port), **json.loads(settings)):
        Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A server in a process of its own, and the pipe to it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.crowd import Address, Crowd
from benchmarks.events import MARK
from benchmarks.window import Window

TOP = Path(__file__).parents[1]


@dataclass(frozen=True)
class Kind:
    """A server under test: what it's called in the table, and how it is started."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    most: int | None = None
    """The most streams that it is tried with."""
    events: int = 600
    """Events flat out: as many as take it some seconds."""


class Server:
    """``with Server(kind) as server`` runs it in a temporary folder; ``stop``, ``start`` repeat."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._temporary = tempfile.TemporaryDirectory(prefix="dashboard-bench-")
        self.folder = Path(self._temporary.name)
        self.received = Window(self.folder / "received")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None
        self.pid = 0
        """The process that serves: its memory and time are what is measured."""

    def start(self) -> None:
        command = [sys.executable, "-m", self.kind.module, str(self.folder)]
        with (self.folder / "log").open("a") as errors:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port), *self.kind.arguments],
                cwd=TOP,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self.pid = self.answer().get("pid", self._process.pid)
        self._wait_until_listening()

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def tell(self, do: str, **arguments: Any) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.kind.name} ended:\n{self.log()[-3000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        self.tell(do, **arguments)
        return self.answer()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def crowd(self, path: str = "/changes", marker: bytes = MARK.encode()) -> Crowd:
        return Crowd(Address(self.port, path), marker, self.received)

    def terminate(self, timeout: float = 30) -> float:
        """Send SIGTERM; return the seconds until the process has ended."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout)
        took = time.monotonic() - began
        self._close_pipes()
        return took

    def end(self) -> None:
        """Close its input, at which it ends; kill it where it doesn't."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=10)
        self._close_pipes()

    def _close_pipes(self) -> None:
        assert self._process is not None
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()
        self._temporary.cleanup()

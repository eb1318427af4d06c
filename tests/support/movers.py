"""Movers of the shop's notes: in this process, and in others, which can be killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from dashboard.changes import log
from dashboard.changes.append import Appended
from dashboard.changes.triggers.mover import Mover
from dashboard.changes.triggers.moving import Moving
from dashboard.changes.triggers.wakers import waker_for
from dashboard.models.engine import make_engine
from tests.support.triggers import TABLES

TOP = Path(__file__).parents[2]


def mover_of(engine: Engine) -> Mover:
    moving = Moving(engine, TABLES, lambda appended: None)
    return Mover(moving, lambda: waker_for(engine, TABLES))


@contextmanager
def moving_in_here(engine: Engine) -> Iterator[Mover]:
    mover = mover_of(engine)
    mover.start()
    try:
        yield mover
    finally:
        mover.stop()


def wait_for_log(engine: Engine, seq: int, seconds: float = 20.0) -> None:
    """Return when the log has come to ``seq``; fail where it doesn't or goes beyond."""
    deadline = time.monotonic() + seconds
    head = -1
    while head < seq and time.monotonic() < deadline:
        with engine.connect() as connection:
            head = log.head(connection).seq
        time.sleep(0.02)
    assert head == seq


class MoverProcess:
    """``moved`` tells how often it has logged something."""

    def __init__(self, database: str, output: Path) -> None:
        self._output = output
        with output.open("wb") as file:
            command = [sys.executable, "-m", __name__, database]
            self._process = subprocess.Popen(command, cwd=TOP, stdout=file)

    @property
    def moved(self) -> int:
        return len(self._output.read_text().splitlines()) - 1

    def wait_until_it_runs(self) -> None:
        deadline = time.monotonic() + 20
        while self.moved < 0:
            assert time.monotonic() < deadline and self._process.poll() is None
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait(timeout=10)


def main(database: str) -> None:
    engine = make_engine(database)

    def say(appended: Appended) -> None:
        print("moved", flush=True)

    mover = Mover(Moving(engine, TABLES, say), lambda: waker_for(engine, TABLES))
    mover.start()
    print("runs", flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1])

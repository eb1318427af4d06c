"""The program as production.ini runs it, for proxies to stand in front of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import sessionmaker

from dashboard.changes import install
from dashboard.models.engine import make_engine
from dashboard.models.passwords import hash_password
from dashboard.models.people import User
from tests.proxies.running import free_port

TOP = Path(__file__).parents[2]
HEARTBEAT = 0.5
PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Upstream:
    """``sessions`` commit what the server finds in the log."""

    port: int
    sessions: sessionmaker[Any]

    def connections(self) -> int:
        """Return how many connections the server has, idle ones included."""
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        return sum(f":{self.port:04X} " in line[:20] and " 01 " in line[30:40] for line in lines)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Upstream]:
    folder = tmp_path_factory.mktemp("upstream")
    database = f"sqlite:///{shutil.copy(migrated, folder / 'production.sqlite')}"
    port = free_port()
    ini = (TOP / "production.ini").read_text()
    for pattern, value in {
        r"^listen = 127.0.0.1:6543$": f"listen = 127.0.0.1:{port}",
        r"^dashboard\.public = .*$": f"dashboard.public = true\ndashboard.heartbeat = {HEARTBEAT}"
        "\ndashboard.poll = 0.02\ndashboard.models = tests.support.shop",
    }.items():
        ini, count = re.subn(pattern, value, ini, flags=re.MULTILINE)
        assert count == 1, pattern
    (folder / "production.ini").write_text(ini)
    engine = make_engine(database)
    sessions = sessionmaker(engine)
    install(sessions)
    with sessions.begin() as session:
        session.add(User(name="ada", role="admin", password_hash=hash_password(PASSWORD)))
    process = subprocess.Popen(
        [sys.executable, "-m", "pyramid.scripts.pserve", "production.ini"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TOP)},
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}/readyz")
        yield Upstream(port, sessions)
    finally:
        process.terminate()
        process.wait(timeout=15)
        engine.dispose()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(url).raise_for_status()
            return
        except httpx.HTTPError:
            assert process.poll() is None, "the server ended at its start"
            assert time.monotonic() < deadline, "the server doesn't answer"
            time.sleep(0.1)

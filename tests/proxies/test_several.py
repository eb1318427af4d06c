"""Several processes behind nginx without sticky sessions, one of them killed again and again.

``DASHBOARD_KILLS=20 pytest tests/proxies/test_several.py`` does it more often.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import sessionmaker

from dashboard.changes import backplane_of, install
from dashboard.models.engine import make_engine
from dashboard.models.migrations import upgrade
from tests.flow.watching import Feed
from tests.proxies.running import DOCS, NGINX, Kind, Place, free_port, proxying, replaced
from tests.support import shop
from tests.support.databases import Databases
from tests.support.services import address_of
from tests.support.websocket import Socket

TOP = Path(__file__).parents[2]
KILLS = int(os.environ.get("DASHBOARD_KILLS", "2"))


class Process:
    """``pserve production.ini --server-name ...``, which can be killed and started again."""

    def __init__(self, folder: Path, name: str, port: int) -> None:
        self.folder, self.name, self.port = folder, name, port
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "pyramid.scripts.pserve", "production.ini"]
        self.process = subprocess.Popen(
            [*command, "--server-name", self.name],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(TOP)},
        )

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/readyz").raise_for_status()
                return
            except httpx.HTTPError:
                assert self.process.poll() is None, "the server ended at its start"
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[str]:
    databases = Databases(tmp_path, address_of("postgresql"))
    url = databases.make()
    engine = make_engine(url)
    upgrade(engine)
    shop.Base.metadata.create_all(engine)
    engine.dispose()
    yield url
    databases.close()


@pytest.fixture
def processes(tmp_path: Path, database: str) -> Iterator[list[Process]]:
    ports = free_port(), free_port()
    ini = (TOP / "production.ini").read_text()
    for pattern, value in {
        r"^sqlalchemy\.url = .*$": f"sqlalchemy.url = {database}",
        r"^listen = 127\.0\.0\.1:6543$": f"listen = 127.0.0.1:{ports[0]}",
        r"^listen = 127\.0\.0\.1:6544$": f"listen = 127.0.0.1:{ports[1]}",
        r"^# dashboard\.backplane = postgresql://$": "dashboard.backplane = postgresql://",
        r"^dashboard\.public = .*$": "dashboard.public = true\ndashboard.heartbeat = 0.5\n"
        "dashboard.models = tests.support.shop",
    }.items():
        ini, count = re.subn(pattern, lambda _, text=value: text, ini, flags=re.MULTILINE)
        assert count == 1, pattern
    (tmp_path / "production.ini").write_text(ini)
    running = [Process(tmp_path, *each) for each in zip(("main", "second"), ports, strict=True)]
    try:
        for each in running:
            each.wait()
        yield running
    finally:
        for each in running:
            each.kill()


def recipe(processes: list[Process]) -> Any:
    """Return the documented configuration, over plain HTTP and with these processes."""

    def config(place: Place) -> str:
        text = replaced(
            (DOCS / "nginx-several.conf").read_text(),
            **{
                "127.0.0.1:6543": f"127.0.0.1:{processes[0].port}",
                "127.0.0.1:6544": f"127.0.0.1:{processes[1].port}",
                "listen 80;": f"listen 127.0.0.1:{free_port()};",
                "listen 443 ssl http2;": f"listen 127.0.0.1:{place.port};",
            },
        )
        text = re.sub(r"^\s*ssl_.*$", "", text, flags=re.MULTILINE)
        return NGINX.format(folder=place.folder, server=text)

    return config


def test_who_loses_a_process_goes_on_at_another(
    tmp_path: Path, database: str, processes: list[Process]
) -> None:
    folder = tmp_path / "nginx"
    folder.mkdir()
    # The clients of the feed speak to the name that nginx answers to by default.
    with proxying(Kind("nginx", recipe(processes)), 0, folder) as url:
        url = url.replace("localhost", "127.0.0.1")
        for _ in processes:
            with Socket(url, {"Origin": url}) as socket:
                assert socket.ask(type="subscribe", topic="/changes")["type"] == "subscribed"
        engine = make_engine(database)
        sessions = sessionmaker(engine)
        backplane = backplane_of("postgresql://", database)
        install(sessions, backplane=backplane)
        with sessions.begin() as session:
            session.add(shop.Tag(name="first"))
        epoch = _epoch(engine)
        feeds = [Feed(url, f"{epoch}-1") for _ in range(6)]
        done, over = threading.Event(), threading.Event()
        refused: list[str] = []
        threads = [threading.Thread(target=follow, args=(each, over, refused)) for each in feeds]
        for thread in threads:
            thread.start()
        written = threading.Thread(target=write, args=(sessions, done))
        written.start()
        for number in range(KILLS):
            time.sleep(random.random())
            processes[number % 2].kill()
            time.sleep(random.random())
            processes[number % 2].start()
            processes[number % 2].wait()
        done.set()
        written.join()
        with engine.connect() as connection:
            head = connection.exec_driver_sql("SELECT seq FROM dashboard_change_head").scalar_one()
        deadline = time.monotonic() + 15
        while any(len(each.seen) < head - 1 for each in feeds) and time.monotonic() < deadline:
            time.sleep(0.1)
        over.set()
        for each in feeds:
            each.close()
        for thread in threads:
            thread.join(timeout=20)
        for each in feeds:
            assert [change["seq"] for change in each.seen] == list(range(2, head + 1))
        # One of the two was always there.
        assert not refused
        backplane.close()
        engine.dispose()


def _epoch(engine: Any) -> str:
    with engine.connect() as connection:
        return str(
            connection.exec_driver_sql("SELECT epoch FROM dashboard_change_head").scalar_one()
        )


def follow(feed: Feed, over: threading.Event, refused: list[str]) -> None:
    """Come back by the last id whenever the stream breaks off, as a program does."""
    while not over.is_set():
        try:
            feed.open()
            feed.read(1_000_000)
        except AssertionError as error:
            refused.append(str(error))
        except (OSError, HTTPException, AttributeError, ValueError):
            pass  # It broke off.
        feed.close()
        time.sleep(0.05)


def write(sessions: Any, done: threading.Event) -> None:
    number = 0
    while not done.is_set():
        number += 1
        with sessions.begin() as session:
            session.add(shop.Tag(name=f"t{number}"))
        time.sleep(random.random() * 0.02)

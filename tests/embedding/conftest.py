"""The workshop of docs/embedding.md, as it stands there, on a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser
from pyramid.paster import get_app
from sqlalchemy.orm import sessionmaker

from tests.support.browser import OpenWindow, Window
from tests.support.people import token
from tests.support.server import STREAMING, Server, serving

TOP = Path(__file__).parents[2]
PASSWORD = "a password for all three"


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the example: its two modules, its ini file, and its filled database."""
    folder = tmp_path_factory.mktemp("workshop")
    text = (TOP / "docs/embedding.md").read_text()
    for name, block in re.findall(r"```\w+\n# ([\w.]+)\n(.*?)```", text, re.DOTALL):
        (folder / name).write_text(block)
    subprocess.run(
        [sys.executable, "fill.py", PASSWORD],
        cwd=folder,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(TOP)},
    )
    sys.path.insert(0, str(folder))
    return folder


@dataclass(frozen=True)
class Workshop:
    """A running workshop; ``url`` is the host's, wherever that is mounted."""

    url: str
    server: Server
    module: Any

    @property
    def sessions(self) -> sessionmaker[Any]:
        """The host's own sessions."""
        return self.server.registry["sessions"]

    def change(self, name: str, **values: Any) -> None:
        """Change a person, as only the host may."""
        with self.sessions.begin() as session:
            person = session.get(self.module.Person, name)
            for key, value in values.items():
                setattr(person, key, value)

    def repair(self, id_: int, **values: Any) -> None:
        with self.sessions.begin() as session:
            repair = session.get(self.module.Repair, id_)
            for key, value in values.items():
                setattr(repair, key, value)

    def sign_in(self, name: str) -> httpx.Client:
        """Return a client that has signed in at the host's; it keeps no idle connections."""
        client = httpx.Client(
            base_url=self.url,
            headers={"Origin": self.server.url},
            timeout=20,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        page = client.get("/login").text
        form = {"csrf_token": token(page), "name": name, "password": PASSWORD}
        assert client.post("/login", data=form).status_code == 303
        return client


Start = Callable[..., Any]


@pytest.fixture
def start(example: Path, tmp_path: Path) -> Start:
    """Serves the workshop over a copy of its database; ``settings`` are those of the ini file."""

    @contextmanager
    def start(
        prefix: str = "",
        streaming: str = STREAMING,
        explicit: bool = True,
        **settings: Any,
    ) -> Iterator[Workshop]:
        for name in ("workshop.ini", "workshop.sqlite"):
            shutil.copy(example / name, tmp_path / name)
        ini = tmp_path / "workshop.ini"
        given = {"heartbeat": 0.5, "poll": 0.05, **settings}
        lines = "".join(f"dashboard.{name} = {value}\n" for name, value in given.items())
        text = ini.read_text()
        if not explicit:
            text = text.replace("tm.manager_hook = pyramid_tm.explicit_manager\n", "")
        ini.write_text(text.replace("[server:main]", f"{lines}\n[server:main]"))
        app = get_app(str(ini))
        import workshop

        options = {"url_prefix": prefix} if prefix else {}
        with serving(app, streaming=streaming, **options) as server:
            try:
                yield Workshop(f"{server.url}{prefix}", server, workshop)
            finally:
                app.registry["sessions"].kw["bind"].dispose()

    return start


@pytest.fixture
def workshop(start: Start) -> Iterator[Workshop]:
    with start() as workshop:
        yield workshop


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[OpenWindow]:
    windows: list[Window] = []

    def open_window(url: str) -> Window:
        windows.append(Window(chromium, url))
        return windows[-1]

    yield open_window
    for window in windows:
        window.close()

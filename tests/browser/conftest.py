"""Servers for a module's tests, and windows of Chromium to look at them with."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import OpenWindow, Window
from tests.support.server import Server, running
from tests.support.site import add_user

FLIGHTS = "dashboard.demo.models"


@pytest.fixture(scope="session")
def flights_file(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """An SQLite file with the flight board in it as the day begins, to be copied."""
    path = tmp_path_factory.mktemp("flights") / "flights.sqlite"
    shutil.copy(migrated, path)
    with running(f"sqlite:///{path}", models=FLIGHTS, demo=True):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def flights_database(tmp_path: Path, flights_file: Path) -> str:
    return f"sqlite:///{shutil.copy(flights_file, tmp_path / 'flights.sqlite')}"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory, flights_file: Path) -> Iterator[Server]:
    """The flight board, standing still. A module's tests share it, each with flights of its own."""
    path = shutil.copy(flights_file, tmp_path_factory.mktemp("board") / "board.sqlite")
    with running(f"sqlite:///{path}", models=FLIGHTS) as server:
        add_user(server, "ed", "editor")
        add_user(server, "wanda", "watcher")
        add_user(server, "ada", "admin")
        yield server


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[OpenWindow]:
    """Opens windows: call it with a server and options of a browser context."""
    windows: list[Window] = []

    def open_window(server: Server | str, **options: object) -> Window:
        url = server if isinstance(server, str) else server.url
        windows.append(Window(chromium, url, **options))
        return windows[-1]

    yield open_window
    for window in windows:
        window.close()

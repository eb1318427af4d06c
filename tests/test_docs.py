"""What the documents say is true: their examples run, their links lead somewhere."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest
from pyramid.config import Configurator
from pyramid.request import Request

from dashboard.settings import Settings
from tests.support.server import running
from tests.support.shop import Tag

TOP = Path(__file__).parents[1]
DOCUMENTS = [TOP / "README.md", TOP / "CHANGES.md", *sorted((TOP / "docs").glob("*.md"))]

OPEN = """
import sys
from pyramid.paster import get_app
from webtest import TestApp
print(TestApp(get_app(sys.argv[1])).get(sys.argv[2], status=200).text)
"""


def blocks(path, language):
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(), re.DOTALL)


def python(folder, *arguments):
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": f"{folder}:{TOP}"},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_five_minutes_to_your_own_data(tmp_path):
    """The transcript is what is really printed, but for where the folder is."""
    make, sell = blocks(TOP / "README.md", "python")
    (ini,) = blocks(TOP / "README.md", "ini")
    (transcript,) = blocks(TOP / "README.md", "console")
    (tmp_path / "make.py").write_text(make)
    (tmp_path / "sell.py").write_text(sell)
    (tmp_path / "shop.ini").write_text(ini)
    before, *steps = re.split(r"^\$ (.*)\n", transcript, flags=re.MULTILINE)
    assert before == ""
    commands = list(zip(steps[::2], steps[1::2], strict=True))
    assert commands.pop() == ("pserve shop.ini", "")
    for command, expected in commands:
        program, *arguments = command.split()
        module = ["-m", "dashboard.cli"] if program == "dashboard" else []
        told = python(tmp_path, *module, *arguments)
        assert told.replace(str(tmp_path), "...") == expected
    board = python(tmp_path, "-c", OPEN, "shop.ini", "/boards/overview")
    assert "Orders per day" in board
    assert "120.50" not in python(tmp_path, "-c", OPEN, "shop.ini", "/tables/orders")
    python(tmp_path, "sell.py")
    page = python(tmp_path, "-c", OPEN, "shop.ini", "/tables/orders?_sort_desc=id")
    assert "120.50" in page
    assert "Ann" in page


def test_the_example_of_models(tmp_path):
    *_, shop, fill = blocks(TOP / "docs/models.md", "python")
    (ini,) = blocks(TOP / "docs/models.md", "ini")
    (tmp_path / "shop.py").write_text(shop)
    (tmp_path / "fill.py").write_text(fill)
    (tmp_path / "shop.ini").write_text(ini)
    for orders in (1, 2):
        python(tmp_path, "fill.py")
        page = python(tmp_path, "-c", OPEN, "shop.ini", "/tables/orders")
        assert page.count("120.50") == orders
    assert "Ann" in page
    assert "€" in page


def test_the_example_of_a_stream(tmp_path, monkeypatch):
    (tmp_path / "clock_example.py").write_text(blocks(TOP / "docs/feed.md", "python")[1])
    monkeypatch.syspath_prepend(tmp_path)
    with Configurator() as config:
        config.registry["dashboard.settings"] = Settings()
        config.include("dashboard.streaming")
        config.add_route("clock", "/clock")
        config.scan("clock_example")
    response = Request.blank("/clock").get_response(config.make_wsgi_app())
    frames = iter(response.app_iter)
    assert b"retry: " in next(frames)
    assert next(frames).startswith(b'event: tick\ndata: {"at":')
    response.app_iter.close()


@contextmanager
def writing(server):
    """Add tags all the time."""
    done = threading.Event()

    def write():
        while not done.wait(0.1):
            with server.sessions.begin() as session:
                session.add(Tag(name=secrets.token_hex(4)))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def test_the_example_of_a_websocket(tmp_path, database):
    (example,) = blocks(TOP / "docs/websocket.md", "python")
    (tmp_path / "follow.py").write_text(example)
    with running(database, streaming="hub") as server, writing(server):
        url = server.url.replace("http", "ws")
        told = python(tmp_path, "follow.py", f"{url}/ws", "/changes?table=tag", "3")
    assert re.fullmatch(r"(insert tag \['[0-9a-f]{8}'\]\n){3}", told)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text())
    missing = [
        link for link in links if "://" not in link and not (path.parent / link).exists()
    ]  # fmt: skip
    assert missing == []


def test_every_picture_is_shown_somewhere():
    texts = "".join(path.read_text() for path in DOCUMENTS)
    pictures = {path.name for path in (TOP / "docs/images").iterdir()}
    assert pictures == set(re.findall(r"\]\((?:docs/)?images/([^)]+)\)", texts))


def test_the_readme_leads_to_every_document():
    text = (TOP / "README.md").read_text()
    assert [each.name for each in DOCUMENTS[2:] if f"(docs/{each.name})" not in text] == []


def test_every_setting_is_in_the_reference():
    text = (TOP / "docs/reference.md").read_text()
    named = set(re.findall(r"^\| `dashboard\.(\w+)`", text, re.MULTILINE))
    assert named == {field.name for field in fields(Settings)}


def test_the_defaults_in_the_reference_are_those_of_the_code():
    text = (TOP / "docs/reference.md").read_text()
    rows = re.findall(r"^\| `dashboard\.(\w+)` \| (?:`([^`]*)`)? *\|", text, re.MULTILINE)
    defaults = {field.name: field.default for field in fields(Settings)}
    for name, told in rows:
        default = defaults[name]
        expected = "" if default in (None, ()) else str(default).removesuffix(".0")
        assert told == (expected.lower() if isinstance(default, bool) else expected), name


def test_make_help_lists_every_target():
    told = subprocess.run(["make", "help"], cwd=TOP, capture_output=True, text=True, check=True)
    makefile = (TOP / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert re.findall(r"^make ([\w-]+)", told.stdout, re.MULTILINE) == phony.split()

"""``dashboard uninstall``: the database is as it was before the program came."""

from __future__ import annotations

import sqlite3
import subprocess

import pytest

from dashboard import main
from tests.catalog.reflection.lookalike import make, run
from tests.support.databases import Databases
from tests.support.ending import stop
from tests.support.services import address_of


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/theirs.sqlite"
        make(url)
        yield url
        return
    databases = Databases(tmp_path, address_of("postgresql"))
    url = databases.make()
    make(url)
    yield url
    databases.close()


@pytest.fixture
def ini(url, tmp_path):
    path = tmp_path / "theirs.ini"
    text = f"use = egg:dashboard\nsqlalchemy.url = {url}\ndashboard.reflect = *\n"
    path.write_text(f"[app:main]\n{text}dashboard.environment = development\n")
    return path


def dump(url):
    """Return the schema as the database's own tool writes it."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            rows = connection.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_master"
            ).fetchall()
        connection.close()
        return mode, rows
    command = ["pg_dump", "--schema-only", f"--dbname={url}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # Newer versions name a random word in every dump.
    return [line for line in text.splitlines() if "restrict " not in line]


def test_nothing_is_left(dashboard, ini, url):
    run(url, "CREATE TABLE dashboard_widgets (id INTEGER PRIMARY KEY)")
    before = dump(url)
    assert dashboard("init", ini).status == 0
    app = main({}, **{"sqlalchemy.url": url, "dashboard.reflect": "*"})
    assert "Album" in app.registry["dashboard.catalog"]
    stop(app.registry)
    assert dump(url) != before
    result = dashboard("uninstall", ini, "--yes")
    assert result.status == 0, result.err
    assert "table dashboard_change_log" in result.out
    assert "dashboard_widgets" not in result.out
    assert dump(url) == before
    again = dashboard("uninstall", ini, "--yes")
    assert again.status == 0
    assert "nothing of the program" in again.out
    assert dump(url) == before


def test_what_others_write_is_noted_and_no_trigger_stays(dashboard, ini, url):
    before = dump(url)
    dashboard("init", ini)
    installed = dashboard("triggers", "install", ini, "--all")
    assert installed.status == 0, installed.err
    assert " none" not in dashboard("triggers", "list", ini).out
    assert "stale" not in dashboard("doctor", ini).out
    run(url, 'UPDATE "Employee" SET "EmployeeId" = 9 WHERE "EmployeeId" = 2')
    run(url, 'INSERT INTO "PlaylistAlbum" VALUES (2, 1)')
    run(url, "UPDATE auth_user_groups SET group_name = 'all'")
    assert dashboard("triggers", "remove", ini, "--all").status == 0
    counts = dict(
        run(url, "SELECT table_name, count(*) FROM dashboard_change_log GROUP BY table_name")
    )
    # A row without a key has a name on SQLite alone: its number.
    numbered = 2 if url.startswith("sqlite") else None
    assert (counts["PlaylistAlbum"], counts.get("auth_user_groups")) == (1, numbered)
    assert counts["Employee"] == 2  # What has another key is another record.
    assert dashboard("uninstall", ini, "--yes").status == 0
    assert dump(url) == before


def test_it_waits_for_the_server_to_be_stopped(dashboard, ini, url):
    assert dashboard("init", ini).status == 0
    app = main({}, **{"sqlalchemy.url": url})
    with app.registry["dashboard.engine"].connect():
        held = dump(url)
        result = dashboard("uninstall", ini, "--yes")
        assert result.status == 1
        assert "stop it first. Nothing was removed." in result.err
    assert dump(url) == held
    stop(app.registry)
    assert dashboard("uninstall", ini, "--yes").status == 0


def test_it_asks(dashboard, ini):
    dashboard("init", ini)
    result = dashboard("uninstall", ini, stdin="yes\n")
    assert result.status == 1
    assert "say --yes" in result.err

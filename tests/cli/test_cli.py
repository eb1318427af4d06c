"""What goes wrong through no fault of the program is one sentence, never a traceback."""

import subprocess
import sys

import pytest


def test_help_lists_every_command(dashboard):
    result = dashboard("--help")
    assert result.status == 0
    for command in ("init", "replay", "user", "prune"):
        assert command in result.out


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("prune",), ("user", "development.ini")])
def test_what_is_not_understood_is_status_2(dashboard, arguments):
    result = dashboard(*arguments)
    assert result.status == 2
    assert "usage:" in result.err


def broken(ini, old, new):
    text = ini.read_text()
    assert old in text
    ini.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("dashboard.public = true", "dashboard.pubic = true", "dashboard.pubic is not a setting"),
        ("dashboard.replay = 60", "dashboard.replay = fast", "dashboard.replay is 'fast'"),
        ("= dashboard.demo.models", "= no.such.module", "dashboard.models can't be imported"),
        ("sqlite:///%(here)s/", "nonsense:", "sqlalchemy.url isn't understood"),
        ("sqlite:///%(here)s/", "oracle9://h/", "sqlalchemy.url isn't understood"),
        ("sqlite:///%(here)s/dashboard.sqlite", "sqlite://", "must name a file"),
        ("sqlite:///%(here)s/", "sqlite:///%(here)s/no/such/folder/", "unable to open"),
        ("sqlalchemy.url =", "sqlalchemy.echo =", "has no sqlalchemy.url"),
        ("[app:main]", "[app:other]", "can't be read as an ini file"),
        ("[app:main]", "app:main", "can't be read as an ini file"),
        ("%(here)s", "%(nowhere)s", "can't be read as an ini file"),
        ("egg:dashboard", "egg:nonsense", "can't be read as an ini file"),
    ],
)
def test_a_broken_ini_file_is_explained(dashboard, ini, old, new, sentence):
    broken(ini, old, new)
    result = dashboard("prune", ini)
    assert result.status == 1
    assert sentence in result.err
    assert result.err.startswith("dashboard: ")
    assert result.err.count("\n") == 1


def test_a_database_that_is_not_migrated_is_refused(dashboard, ini, tmp_path):
    (tmp_path / "dashboard.sqlite").unlink()
    result = dashboard("user", "list", "development.ini")
    assert result.status == 1
    assert "run `dashboard init development.ini` first" in result.err


def test_a_file_that_is_no_database_is_explained(dashboard, ini, tmp_path):
    for path in tmp_path.glob("dashboard.sqlite*"):
        path.unlink()
    (tmp_path / "dashboard.sqlite").write_text("this is no database " * 100)
    result = dashboard("prune", ini)
    assert (result.status, result.err) == (
        1, "dashboard: The database refused: file is not a database\n"
    )  # fmt: skip


def test_it_runs_as_a_module(tmp_path):
    command = [sys.executable, "-m", "dashboard.cli", "prune", "missing.ini"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr == "dashboard: There is no file missing.ini.\n"

"""``dashboard init`` makes what there isn't and spares what there is."""

from configparser import ConfigParser
from pathlib import Path

import pytest
import sqlalchemy as sa

TOP = Path(__file__).parents[2]


def tables(path):
    engine = sa.create_engine(f"sqlite:///{path}")
    names = sa.inspect(engine).get_table_names()
    engine.dispose()
    return names


@pytest.mark.parametrize("name", ["development", "production"])
def test_it_writes_the_example_and_makes_the_tables(dashboard, tmp_path, name):
    result = dashboard("init", f"{name}.ini")
    assert result.status == 0, result.err
    assert (tmp_path / f"{name}.ini").read_text() == (TOP / f"{name}.ini").read_text()
    database = "dashboard" if name == "development" else name
    assert "dashboard_change_log" in tables(tmp_path / f"{database}.sqlite")
    assert "flights" not in tables(tmp_path / f"{database}.sqlite")


def test_with_demo_it_loads_the_flight_board(dashboard, tmp_path):
    assert "is loaded" in dashboard("init", "development.ini", "--demo").out
    assert "flights" in tables(tmp_path / "dashboard.sqlite")
    again = dashboard("init", "development.ini", "--demo")
    assert again.status == 0
    assert "is current" in again.out
    assert "is there already" in again.out


def test_a_file_that_is_there_is_not_written(dashboard, tmp_path):
    mine = "[app:main]\nuse = egg:dashboard\nsqlalchemy.url = sqlite:///%(here)s/mine.sqlite\n"
    (tmp_path / "development.ini").write_text(mine)
    assert dashboard("init", "development.ini").status == 0
    assert (tmp_path / "development.ini").read_text() == mine
    assert (tmp_path / "mine.sqlite").exists()


@pytest.mark.parametrize("ini", ["mine.ini", "no/such/folder/development.ini"])
def test_it_does_not_guess_what_another_file_should_hold(dashboard, ini):
    result = dashboard("init", ini)
    assert result.status == 1
    assert "There is no" in result.err


@pytest.mark.parametrize("name", ["development.ini", "production.ini"])
def test_the_examples_hold_no_secret_and_serve_this_machine_only(name):
    parser = ConfigParser(interpolation=None)
    parser.read(TOP / name)
    app, server = parser["app:main"], parser["server:main"]
    assert not [key for key in app if "secret" in key or "password" in key]
    assert "@" not in app["sqlalchemy.url"]
    assert server["listen"] == "127.0.0.1:6543"
    development = name == "development.ini"
    assert app.getboolean("dashboard.public") is development
    assert app.getboolean("dashboard.demo", fallback=False) is development

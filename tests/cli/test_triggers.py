"""``dashboard triggers``: installed, listed and removed, with nothing lost between."""

import sqlite3
from contextlib import closing

import pytest

DELAY = "UPDATE flights SET delay = coalesce(delay, 0) + 1 WHERE id = 1"


@pytest.fixture
def flights(dashboard, ini, tmp_path):
    """Return a function that writes to the flights as somebody else does, and one that reads."""
    dashboard("init", ini, "--demo")

    def run(sql):
        with closing(sqlite3.connect(tmp_path / "dashboard.sqlite")) as connection:
            found = connection.execute(sql).fetchall()
            connection.commit()
        return found

    return run


def logged(run):
    return run("SELECT op, table_name, key FROM dashboard_change_log ORDER BY seq DESC LIMIT 1")


def test_what_others_write_is_noted_and_logged(dashboard, ini, flights):
    before = flights("SELECT * FROM sqlite_master ORDER BY name")
    result = dashboard("triggers", "install", ini, "flights")
    assert (result.status, result.out) == (
        0, "flights has triggers: whatever program changes it, it is noticed.\n"
    )  # fmt: skip
    flights(DELAY)
    listed = dashboard("triggers", "list", ini).out
    assert "flights   installed  1 to be logged, the oldest 0 s old" in listed
    assert "airports  none" in listed
    assert dashboard("triggers", "remove", ini, "flights").out == "flights has no triggers now.\n"
    assert logged(flights) == [("update", "flights", "[1]")]
    flights(DELAY)
    assert flights("SELECT * FROM dashboard_change_note WHERE op <> '-'") == []
    assert flights("SELECT * FROM sqlite_master ORDER BY name") == before


def test_a_changed_table_is_told_and_mended(dashboard, ini, flights):
    dashboard("triggers", "install", ini, "--all")
    assert " none" not in dashboard("triggers", "list", ini).out
    flights("DROP TRIGGER dashboard_insert_flights")
    line = next(
        each for each in dashboard("triggers", "list", ini).out.splitlines() if "flights" in each
    )
    assert "stale" in line and "install them again" in line
    dashboard("triggers", "install", ini, "flights")
    assert "stale" not in dashboard("triggers", "list", ini).out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "There is no live table nonsense. There are: "),
        (["people"], "There is no live table people."),
        ([], "Name the tables, or say --all."),
        (["flights", "--all"], "Name the tables, or say --all."),
    ],
)
def test_what_cannot_be_done_is_explained(dashboard, ini, arguments, sentence):
    result = dashboard("triggers", "install", ini, *arguments)
    assert result.status == 1
    assert result.err.startswith(f"dashboard: {sentence}")

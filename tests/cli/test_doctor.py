"""``dashboard doctor``: what it says, in words and as JSON, and its exit status."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard.changes import log
from dashboard.models.engine import make_engine
from dashboard.models.types import utc_now

MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Event(Base):
    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    __table_args__ = {"info": {"default_sort": "-at"}}
"""


@pytest.fixture
def place(dashboard, tmp_path, monkeypatch):
    """An ini file over a database of somebody's, whose one table has a few rows."""
    monkeypatch.syspath_prepend(tmp_path)
    module = f"models_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(MODELS)
    (tmp_path / "mine.ini").write_text(
        "[app:main]\nuse = egg:dashboard\nsqlalchemy.url = sqlite:///%(here)s/mine.sqlite\n"
        f"dashboard.models = {module}\ndashboard.public = true\n"
    )
    fill(tmp_path, 10)
    assert dashboard("init", "mine.ini").status == 0
    return tmp_path


def fill(place, rows):
    with sqlite3.connect(place / "mine.sqlite") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, at NOT NULL)")
        more = [(f"{n:08}",) for n in range(rows)]
        connection.executemany("INSERT INTO event (at) VALUES (?)", more)


def found(dashboard):
    """Return the status, the level, and the findings by section and subject."""
    result = dashboard("doctor", "mine.ini", "--json")
    report = json.loads(result.out)
    return (
        result.status,
        report["level"],
        {
            (section["title"], each["subject"]): each
            for section in report["sections"]
            for each in section["findings"]
        },
    )


def test_in_words(dashboard, place):
    result = dashboard("doctor", "mine.ini")
    assert result.status == 0, result.err
    assert "event: Covered by sessions" in result.out
    assert "No problems" in result.out


def test_a_public_production_and_nobody_who_signs_in_are_notices(dashboard, place):
    status, level, findings = found(dashboard)
    assert (status, level) == (0, "notice")
    anybody = findings["Who sees what", "Anybody"]
    assert anybody["level"] == "notice"
    assert "event" in anybody["sentence"]
    assert "people" not in anybody["sentence"]
    assert "people" in findings["Who sees what", "admin"]["sentence"]
    assert findings["Who sees what", "People"]["level"] == "notice"


def test_a_missing_index_is_named_and_gone_when_it_is_made(dashboard, place):
    fill(place, 10_001)
    status, _, findings = found(dashboard)
    finding = findings["Indexes", "event"]
    assert (status, finding["level"]) == (0, "notice")
    assert "its page" in finding["sentence"]
    assert finding["remedy"] == "CREATE INDEX ix_event_at ON event (at);"
    fill(place, 90_000)
    status, level, findings = found(dashboard)
    assert (status, level, findings["Indexes", "event"]["level"]) == (1, "problem", "problem")
    with sqlite3.connect(place / "mine.sqlite") as connection:
        connection.execute(finding["remedy"])
    status, _, findings = found(dashboard)
    assert (status, findings["Indexes", "Indexes"]["level"]) == (0, "ok")


def test_a_panel_is_watched_too(dashboard, place):
    fill(place, 10_001)
    with sqlite3.connect(place / "mine.sqlite") as connection:
        connection.execute("CREATE INDEX mine ON event (at)")
        connection.execute("UPDATE dashboard_panel SET query = 'at=7&_sort=id', kind = 'table'")
    _, _, findings = found(dashboard)
    assert findings["Indexes", "Indexes"]["level"] == "ok"  # The row id is in every index.
    with sqlite3.connect(place / "mine.sqlite") as connection:
        connection.execute("DROP INDEX mine")
    assert "the panel" in found(dashboard)[2]["Indexes", "event"]["sentence"]


def test_a_table_that_is_gone_is_a_problem(dashboard, place):
    with sqlite3.connect(place / "mine.sqlite") as connection:
        connection.execute("DROP TABLE event")
    status, _, findings = found(dashboard)
    assert status == 1
    assert findings["Tables", "event"]["level"] == "problem"


@pytest.mark.parametrize(
    ("age", "section", "subject", "level"),
    [
        (timedelta(days=-1), "Clock", "Log", "problem"),
        (timedelta(days=40), "Change log", "Retention", "notice"),
        (timedelta(days=1), "Change log", "Size", "ok"),
    ],
)
def test_the_log(dashboard, place, age, section, subject, level):
    engine = make_engine(f"sqlite:///{place / 'mine.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.update(log.LOG).values(at=utc_now() - age))
    engine.dispose()
    assert found(dashboard)[2][section, subject]["level"] == level


def test_a_backplane_that_cannot_be_reached_is_a_problem(dashboard, place, monkeypatch):
    monkeypatch.setattr("dashboard.cli.doctor.PATIENCE", 0.5)
    ini = place / "mine.ini"
    ini.write_text(ini.read_text() + "dashboard.backplane = redis://127.0.0.1:1\n")
    status, _, findings = found(dashboard)
    assert (status, findings["Backplane", "Backplane"]["level"]) == (1, "problem")


def test_a_database_that_is_not_migrated_cannot_be_examined(dashboard, place):
    (place / "mine.sqlite").unlink()
    result = dashboard("doctor", "mine.ini")
    assert result.status == 1
    assert "dashboard init" in result.err


def test_triggers_and_what_they_note(dashboard, place):
    assert "triggers install" in found(dashboard)[2]["Tables", "event"]["remedy"]
    assert dashboard("triggers", "install", "mine.ini", "event").status == 0
    status, _, findings = found(dashboard)
    assert (status, findings["Tables", "event"]["level"]) == (0, "ok")
    assert "Covered by triggers" in findings["Tables", "event"]["sentence"]
    assert findings["Notes of triggers", "Notes"]["level"] == "ok"
    fill(place, 3)
    assert "3 notes" in found(dashboard)[2]["Notes of triggers", "event"]["sentence"]
    with sqlite3.connect(place / "mine.sqlite") as connection:
        connection.execute("UPDATE dashboard_change_note SET at = at - 70")
    status, _, findings = found(dashboard)
    assert (status, findings["Notes of triggers", "event"]["level"]) == (1, "problem")


def test_stale_triggers_are_a_problem(dashboard, place):
    assert dashboard("triggers", "install", "mine.ini", "event").status == 0
    with sqlite3.connect(place / "mine.sqlite") as connection:
        connection.execute("DROP TRIGGER dashboard_delete_event")
    status, _, findings = found(dashboard)
    assert (status, findings["Tables", "event"]["level"]) == (1, "problem")
    assert "triggers install INI event" in findings["Tables", "event"]["remedy"]

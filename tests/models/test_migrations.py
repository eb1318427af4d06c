"""The migrations make the tables that the models describe, on every database, and only those."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dashboard.models import Base
from dashboard.models.engine import make_engine
from dashboard.models.migrations import VERSION_TABLE, is_current, upgrade

TOP = Path(__file__).parents[2]


@pytest.fixture
def empty(empty_database):
    engine = make_engine(empty_database)
    yield engine
    engine.dispose()


def head(engine):
    with engine.connect() as connection:
        return connection.execute(sa.text("SELECT * FROM dashboard_change_head")).one()


def test_an_empty_database_is_not_current_and_then_is(empty):
    assert not is_current(empty)
    upgrade(empty)
    assert is_current(empty)


def test_metadata_and_migrated_database_agree(empty):
    upgrade(empty)
    with empty.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_and_indexes_are_those_of_the_models(empty, databases):
    upgrade(empty)
    wanted = make_engine(databases.make())
    Base.metadata.create_all(wanted)
    assert structure(empty) == structure(wanted)
    wanted.dispose()


def structure(engine):
    inspector = sa.inspect(engine)
    return {
        name: (
            sorted(each["name"] for each in inspector.get_unique_constraints(name)),
            sorted(each["name"] for each in inspector.get_check_constraints(name)),
            sorted((each["name"], *each["column_names"]) for each in inspector.get_indexes(name)),
            inspector.get_pk_constraint(name)["constrained_columns"],
        )
        for name in inspector.get_table_names()
        if name != VERSION_TABLE
    }


def test_the_log_begins_at_zero_with_an_epoch_of_its_own(databases):
    epochs = set()
    for _ in range(2):
        engine = make_engine(databases.make())
        upgrade(engine)
        row = head(engine)
        assert (row.seq, row.pruned) == (0, 0)
        assert re.fullmatch("[a-z0-9]{1,16}", row.epoch)
        epochs.add(row.epoch)
        engine.dispose()
    assert len(epochs) == 2


def test_upgrading_again_changes_nothing(empty):
    upgrade(empty)
    before = head(empty)
    upgrade(empty)
    assert head(empty) == before


def test_a_failed_migration_leaves_the_database_as_it_was(empty):
    with empty.begin() as connection:
        connection.execute(sa.text("CREATE TABLE dashboard_setup_link (id INTEGER)"))
    with pytest.raises(sa.exc.DBAPIError, match="already exists"):
        upgrade(empty)
    assert sa.inspect(empty).get_table_names() == ["dashboard_setup_link"]
    assert not is_current(empty)


def test_tables_of_others_are_left_alone(empty):
    with empty.begin() as connection:
        connection.execute(sa.text("CREATE TABLE flights (id INTEGER)"))
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num TEXT)"))
    upgrade(empty)
    assert {"flights", "alembic_version"} <= set(sa.inspect(empty).get_table_names())
    assert is_current(empty)


def alembic(ini, *arguments):
    command = [sys.executable, "-m", "alembic", "-c", str(ini), *arguments]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("url", ["sqlite:///nowhere.sqlite", "postgresql+psycopg://h/d"])
def test_migrations_can_be_written_down_as_sql(url):
    result = alembic("development.ini", "-x", f"url={url}", "upgrade", "head", "--sql")
    assert result.returncode == 0, result.stderr
    assert "CREATE TABLE dashboard_change_log" in result.stdout
    assert "INSERT INTO dashboard_change_head" in result.stdout


def test_developers_use_alembic_with_the_ini_file(tmp_path):
    ini = tmp_path / "development.ini"
    text = (TOP / "development.ini").read_text().replace("%(here)s/alembic", f"{TOP}/alembic")
    ini.write_text(text)
    assert alembic(ini, "upgrade", "head").returncode == 0
    assert (tmp_path / "dashboard.sqlite").exists()
    result = alembic(ini, "check")
    assert result.returncode == 0, result.stdout + result.stderr
    assert alembic(ini, "downgrade", "base").returncode == 0

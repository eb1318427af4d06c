"""The program's own tables, brought to the newest version by Alembic used as a library."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, select

from dashboard.models.engine import lock
from dashboard.models.setting import Setting
from dashboard.share import shared

VERSION_TABLE = "dashboard_alembic_version"
JOURNAL_MODE = "journal_mode"
"""The setting that keeps how an SQLite file was written before."""


def upgrade(engine: Engine) -> None:
    """Create or migrate the program's own tables; do nothing when they are current.

    Everything happens in one transaction, so a failed migration leaves the database as it was,
    and of two processes that start at once the second finds the work done.
    """
    if is_current(engine):
        return
    with engine.begin() as connection:
        lock(connection, "tables")
        config = _config()
        config.attributes["connection"] = connection
        mode = journal_mode(connection)
        command.upgrade(config, "head")
        _note_journal_mode(connection, mode)
    if engine.dialect.name == "sqlite":
        engine.dispose()  # What connects from now on turns write-ahead logging on.


def journal_mode(connection: Connection) -> str | None:
    """Return how an SQLite file is written, None of another database."""
    if connection.dialect.name != "sqlite":
        return None
    return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())


def _note_journal_mode(connection: Connection, mode: str | None) -> None:
    """Note how the file was written before the program came, so that it can be left so."""
    known = connection.execute(select(Setting.value).where(Setting.name == JOURNAL_MODE)).first()
    if mode is not None and known is None:
        connection.execute(insert(Setting).values(name=JOURNAL_MODE, value=mode))


def is_current(engine: Engine) -> bool:
    """Tell whether the database has exactly the tables that this version of the program needs."""
    with engine.connect().execution_options(dashboard_read_only=True) as connection:
        return _heads(connection) == set(_scripts().get_heads())


def _heads(connection: Connection) -> set[str]:
    options = {"version_table": VERSION_TABLE}
    return set(MigrationContext.configure(connection, opts=options).get_current_heads())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    # A percent sign would begin an interpolation, as in every ini file.
    config.set_main_option("script_location", str(shared("alembic")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config

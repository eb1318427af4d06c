"""The database that an ini file names, ready for a command's own sessions."""

from __future__ import annotations

import argparse
from configparser import Error as IniError
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyramid.paster import get_appsettings
from pyramid.path import DottedNameResolver
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from dashboard.catalog import Catalog, catalog_of
from dashboard.changes import ACTOR, Backplane, install, open_backplane
from dashboard.cli.errors import CommandError
from dashboard.models.engine import engine_from_settings
from dashboard.models.migrations import is_current
from dashboard.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Database:
    """``sessions`` log what they commit, as the server's own do; a running server notices."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Any]
    catalog: Catalog
    backplane: Backplane


def add_ini(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ini", metavar="INI", type=Path, help="the file that pserve runs")


def open_database(ini: Path, *, actor: str = "command line") -> Database:
    """Return the database of an ini file; raise CommandError for one that isn't migrated."""
    database = open_unmigrated(ini, actor=actor)
    if not is_current(database.engine):
        raise CommandError(f"The database isn't migrated: run `dashboard init {ini}` first.")
    return database


def open_unmigrated(ini: Path, *, actor: str = "command line") -> Database:
    """Return the database of an ini file, in whatever state it is."""
    values = read_ini(ini)
    settings = Settings.from_mapping(values)
    engine = engine_of(ini, values)
    sessions = sessionmaker(bind=engine, info={ACTOR: actor})
    try:
        backplane = open_backplane(settings, engine)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    catalog = _catalog(settings, engine)
    install(
        sessions,
        name_of=catalog.captured_name,
        metadata=catalog.metadata,
        backplane=backplane,
    )
    return Database(settings, engine, sessions, catalog, backplane)


def engine_of(ini: Path, values: dict[str, Any]) -> Engine:
    """Return the engine of an ini file's values."""
    if not values.get("sqlalchemy.url"):
        raise CommandError(f"{ini} doesn't say where the database is: it has no sqlalchemy.url.")
    try:
        return engine_from_settings(values)
    except (ValueError, ModuleNotFoundError) as error:
        raise CommandError(f"The database of {ini} can't be used: {error}") from error


def read_ini(ini: Path) -> dict[str, Any]:
    """Return the values of the file's ``[app:main]``."""
    if not ini.is_file():
        raise CommandError(f"There is no file {ini}.")
    try:
        return dict(get_appsettings(str(ini.resolve()), name="main"))
    except (IniError, ImportError, LookupError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise CommandError(
            f"{ini} can't be read as an ini file with [app:main]: {reason}"
        ) from error


def _catalog(settings: Settings, engine: Engine) -> Catalog:
    try:
        return catalog_of(
            settings.models, DottedNameResolver().maybe_resolve, engine, settings.reflect
        )
    except ImportError as error:
        raise CommandError(f"dashboard.models can't be imported: {error}.") from error

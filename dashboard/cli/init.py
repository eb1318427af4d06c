"""``dashboard init``: an ini file to begin with, and a migrated database."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from dashboard.cli.database import add_ini, open_unmigrated
from dashboard.cli.errors import CommandError
from dashboard.demo.load import load
from dashboard.models.migrations import is_current, upgrade
from dashboard.operations.first_look import first_look
from dashboard.share import shared

EXAMPLES = ("development.ini", "production.ini")


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "init",
        help="make or migrate the program's tables; write INI if it is missing",
        description="Make or migrate the program's own tables in the database of INI. If there "
        "is no such file and it is called development.ini or production.ini, an example of it "
        "is written first. Running it again does no harm.",
    )
    add_ini(parser)
    parser.add_argument("--demo", action="store_true", help="load the flight board as well")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    if not given.ini.exists():
        write_example(given.ini)
    database = open_unmigrated(given.ini)
    where = database.engine.url.render_as_string()
    if is_current(database.engine):
        print(f"The database {where} is current.")
    else:
        upgrade(database.engine)
        print(f"The database {where} is migrated.")
    if given.demo:
        loaded = load(database.sessions)
        print("The flight board is loaded." if loaded else "The flight board is there already.")
    for line in first_look(
        database.sessions, database.engine, database.catalog, database.settings.url
    ):
        print(line)
    database.engine.dispose()


def write_example(ini: Path) -> None:
    """Write the example that has the file's name."""
    if ini.name not in EXAMPLES:
        raise CommandError(f"There is no file {ini}. I can write {' or '.join(EXAMPLES)}.")
    if not ini.parent.is_dir():
        raise CommandError(f"There is no folder {ini.parent}.")
    shutil.copyfile(shared(ini.name), ini)
    print(f"Wrote {ini}.")

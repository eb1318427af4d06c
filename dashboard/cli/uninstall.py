"""``dashboard uninstall``: take the program's own tables out of a database again."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from dashboard.cli.database import add_ini, engine_of, read_ini
from dashboard.cli.errors import CommandError
from dashboard.models.removal import Found, InUse, find, remove


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "uninstall",
        help="remove everything of the program from the database",
        description="Drop the program's own tables and triggers from the database of INI, with "
        "its people, boards and log of changes. Nothing else in the database is touched. Stop "
        "the server first.",
    )
    add_ini(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    engine = engine_of(given.ini, read_ini(given.ini))
    where = engine.url.render_as_string()
    try:
        found = find(engine)
        if not found:
            print(f"There is nothing of the program in {where}.")
            return
        if not given.yes:
            _ask(where, found)
        remove(engine, found)
    except InUse as error:
        raise CommandError(f"{error} Nothing was removed.") from error
    finally:
        engine.dispose()
    print(f"Removed from {where}:")
    for each in found:
        print(f"  {each}")


def _ask(where: str, found: list[Found]) -> None:
    if not sys.stdin.isatty():
        raise CommandError("This removes people, boards and the log for good: say --yes.")
    print(f"This is dropped from {where}, with all that is in it:")
    for each in found:
        print(f"  {each}")
    if input("Type yes to go on: ").strip().lower() != "yes":
        raise CommandError("Nothing was removed.")

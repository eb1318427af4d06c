"""``dashboard triggers``: have changes noticed that others make, whatever they write with."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine

from dashboard.changes.triggers.covering import cover, uncover
from dashboard.changes.triggers.install import TriggerError, staging_of, status_of
from dashboard.changes.triggers.noted import Noted, noted_tables
from dashboard.cli.database import Database, add_ini, open_database
from dashboard.cli.errors import CommandError

OWN = "dashboard_"


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "triggers", help="notice what other programs change: install, remove, list"
    )
    family = parser.add_subparsers(metavar="COMMAND", required=True)
    _add(family, "install", install, "put triggers on tables, or anew after tables have changed")
    _add(family, "remove", remove, "take the triggers of tables away")
    _add(
        family, "list", list_tables, "list the tables, and whether they have triggers", named=False
    )


def _add(family: Any, name: str, run: Any, text: str, named: bool = True) -> None:
    parser = family.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
    add_ini(parser)
    if named:
        parser.add_argument("tables", metavar="TABLE", nargs="*", help="the name of a live table")
        parser.add_argument("--all", action="store_true", help="all live tables")
    parser.set_defaults(run=run)


def install(given: argparse.Namespace) -> int:
    return _change_each(given, cover, "has triggers: whatever program changes it, it is noticed.")


def remove(given: argparse.Namespace) -> int:
    return _change_each(given, uncover, "has no triggers now.")


def _change_each(given: argparse.Namespace, how: Callable[[Engine, Noted], None], told: str) -> int:
    """Go through the tables, whatever becomes of each; return 1 where some were left out."""
    database = open_database(given.ini)
    left_out = []
    for noted in chosen(database, given):
        try:
            how(database.engine, noted)
        except TriggerError as error:
            left_out.append(noted.name)
            print(f"{noted.name} is left out: {error}", file=sys.stderr)
        else:
            print(f"{noted.name} {told}")
    database.engine.dispose()
    if left_out:
        print(f"dashboard: left out: {', '.join(left_out)}.", file=sys.stderr)
    return int(bool(left_out))


def list_tables(given: argparse.Namespace) -> None:
    database = open_database(given.ini)
    tables = tables_of(database)
    width = max((len(name) for name in tables), default=0)
    with database.engine.connect() as connection:
        staging = staging_of(connection)
        for name, noted in tables.items():
            status = status_of(connection, noted)
            words = [f"{name:{width}}  {status.state:9}"]
            if (waiting := staging.get(noted.fullname)) is not None:
                age = time.time() - (waiting.oldest or time.time())
                words.append(f"{waiting.notes:,} to be logged, the oldest {age:.0f} s old")
            print("  ".join([*words, status.problem]).rstrip())
    database.engine.dispose()


def tables_of(database: Database) -> dict[str, Noted]:
    """Return the tables that may have triggers, by their names: all but the program's own."""
    return {
        noted.name: noted
        for noted in noted_tables(database.catalog.captured_tables)().values()
        if not noted.table.name.startswith(OWN)
    }


def chosen(database: Database, given: argparse.Namespace) -> list[Noted]:
    """Return the tables that were named; raise CommandError where one isn't there."""
    known = tables_of(database)
    if given.all == bool(given.tables):
        raise CommandError("Name the tables, or say --all.")
    unknown = next((name for name in given.tables if name not in known), None)
    if unknown is not None:
        raise CommandError(f"There is no live table {unknown}. There are: {', '.join(known)}.")
    return [known[name] for name in (known if given.all else given.tables)]

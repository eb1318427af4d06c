"""``dashboard prune``: what the server does every hour, now."""

from __future__ import annotations

import argparse
from typing import Any

from dashboard.changes.retention import Retention
from dashboard.cli.database import add_ini, open_database


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "prune",
        help="delete old changes from the log",
        description="Delete the changes that are older than dashboard.retention_days, and all "
        "but the newest dashboard.retention_changes. The server does it every hour by itself.",
    )
    add_ini(parser)
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    database = open_database(given.ini)
    settings = database.settings
    gone = Retention(database.engine, settings.retention_days, settings.retention_changes).prune()
    print(f"Pruned {gone:,} {'change' if gone == 1 else 'changes'} from the log.")
    database.engine.dispose()

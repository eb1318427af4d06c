"""``dashboard doctor``: is all well with the database, the log, the indexes and who sees what?"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from dashboard.changes import Backplane
from dashboard.cli.database import Database, add_ini, open_database
from dashboard.operations.doctor import examine
from dashboard.operations.finding import NOTICE, PROBLEM, Section, worst
from dashboard.operations.installation import Installation
from dashboard.operations.words import counted
from dashboard.views.security import role_may

PATIENCE = 3.0
"""Seconds that a backplane has to be reached in."""


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "doctor",
        help="tell whether all is well; the exit status is 1 where it isn't",
        description="Examine the installation of INI: how each table is covered, which indexes "
        "are missing, the change log, the clocks, the backplane, and who sees what. It changes "
        "nothing. The exit status is 1 if there is a problem, and 0 if there are notices at most.",
    )
    add_ini(parser)
    parser.add_argument("--json", action="store_true", help="for scripts")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    database = open_database(given.ini)
    sections = examine(_installation(database))
    if given.json:
        print(json.dumps({"level": worst(sections), "sections": [*map(asdict, sections)]}))
    else:
        print("\n".join(lines(sections)))
    database.backplane.close()
    database.engine.dispose()
    return int(worst(sections) == PROBLEM)


def lines(sections: Sequence[Section]) -> Iterator[str]:
    """Yield the report as a person reads it."""
    for section in sections:
        yield section.title
        for each in section.findings:
            yield f"  {each.level:8} {each.subject}: {each.sentence}"
            if each.remedy:
                yield f"           {each.remedy}"
    found = [each.level for section in sections for each in section.findings]
    problems, notices = found.count(PROBLEM), found.count(NOTICE)
    told = counted(problems, "problem") if problems else "No problems"
    yield f"{told}, {counted(notices, 'notice')}."


def _installation(database: Database) -> Installation:
    settings = database.settings
    return Installation(
        settings=settings,
        catalog=database.catalog,
        engine=database.engine,
        sees=lambda role, table: role_may(role, settings, "view", table),
        backplane=database.backplane.kind,
        connected=_reached(database.backplane),
    )


def _reached(backplane: Backplane) -> bool:
    """Connect as a server does, and tell whether it succeeds in time."""
    backplane.listen(lambda cursor: None)
    deadline = time.monotonic() + PATIENCE
    while not backplane.connected and time.monotonic() < deadline:
        time.sleep(0.05)
    return backplane.connected

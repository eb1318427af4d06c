"""The ``dashboard`` command. Each module here is a command, or a family of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from dashboard.cli import doctor, init, prune, replay, triggers, uninstall, user
from dashboard.cli.errors import CommandError, explained

COMMANDS = (init, replay, user, triggers, prune, doctor, uninstall)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status.

    0: done; 1: it could not be done, or the doctor found a problem; 2: it was not understood;
    130: interrupted.
    """
    given = parser().parse_args(arguments)
    try:
        with explained():
            status: int | None = given.run(given)
    except CommandError as error:
        print(f"dashboard: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status or 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="dashboard",
        description="Set up and look after Live Dashboard. INI is the file that pserve runs.",
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    return top

"""``dashboard replay``: play the recorded day into the flight board."""

from __future__ import annotations

import argparse
import signal
import threading
from datetime import datetime
from typing import Any

from pyramid.paster import setup_logging
from sqlalchemy import inspect

from dashboard.cli.database import Database, add_ini, open_database
from dashboard.cli.errors import CommandError
from dashboard.demo.board import ACTOR
from dashboard.demo.day import DAY
from dashboard.demo.models import Flight
from dashboard.demo.replay import START, Replay


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "replay",
        help="play the recorded day into the flight board",
        description="Play the events of 22 July 2013 into the database as they happened. It "
        "goes on where the last replay was; the newest replay is the one that plays.",
    )
    add_ini(parser)
    parser.add_argument(
        "--speed", type=speed, default=60.0, metavar="N",
        help="times real time; 60, the default, plays a minute in a second",
    )  # fmt: skip
    parser.add_argument(
        "--from", type=start, dest="start", metavar="HH:MM",
        help="lay the board out as it was then, and play from there",
    )  # fmt: skip
    parser.add_argument("--loop", action="store_true", help="begin again when the day is over")
    parser.set_defaults(run=run)


def speed(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("it must be more than 0")
    return number


def start(text: str) -> datetime:
    try:
        return datetime.combine(DAY, datetime.strptime(text, "%H:%M").time())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 17:30") from None


def run(given: argparse.Namespace) -> None:
    database = open_database(given.ini, actor=ACTOR)
    check_loaded(database, given.ini)
    setup_logging(str(given.ini.resolve()))
    replay = Replay(database.sessions, given.speed, start=given.start, loop=given.loop)
    stop_on_signals(replay)
    print(f"Playing 22 July 2013 at {given.speed:g} times its speed. Ctrl-C stops.", flush=True)
    replay.run()
    print(ending(replay))
    database.engine.dispose()


def ending(replay: Replay) -> str:
    if not replay.over:
        return f"Stopped at {replay.clock}."
    again = f"--from {START:%H:%M} or --loop plays it again"
    return f"The day is over at {replay.clock}; {again}."


def check_loaded(database: Database, ini: Any) -> None:
    if not inspect(database.engine).has_table(Flight.__tablename__):
        raise CommandError(
            f"There is no flight board here: run `dashboard init {ini} --demo` first."
        )


def stop_on_signals(replay: Replay) -> None:
    """Let Ctrl-C and SIGTERM end the replay between two commits, as at the end of the day."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: replay.stop())

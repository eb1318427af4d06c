"""The product with the flight board standing still, and commits to it when they're asked for."""

from __future__ import annotations

import argparse
import logging
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pyramid.registry import Registry

from benchmarks import machine
from benchmarks.servers.control import obey_in_thread, say
from dashboard import main as make_app
from dashboard.demo.models import Flight
from dashboard.models.boards import Board, Panel
from dashboard.streaming.server import serve

SMALL = "figures"
"""A board of two tiles and a short table, where a change is a small patch."""

PANELS: tuple[dict[str, Any], ...] = (
    {"kind": "tile", "query": "_agg=avg:delay", "title": "Average delay"},
    {"kind": "tile", "query": "_agg=max:delay", "title": "Longest delay"},
    {"kind": "table", "query": "_sort=scheduled&_size=10", "title": "The first", "width": 12},
)


class Commands:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._sessions = registry["dashboard.dbsession_factory"]
        self._turn = 0

    def make_board(self) -> dict[str, Any]:
        with self._sessions.begin() as session:
            panels = [
                Panel(table_name="flights", place=place, **each)
                for place, each in enumerate(PANELS, 1)
            ]
            session.add(Board(title="Figures", slug=SMALL, panels=panels))
        return {}

    def head(self) -> dict[str, Any]:
        head = self._registry["dashboard.broadcaster"].head()
        live = self._registry["dashboard.live_views"]
        return {"epoch": head.epoch, "seq": head.seq, "evaluations": live.evaluations}

    def commit(self) -> dict[str, Any]:
        """Change the delay of the first flight, and with it every panel; return when it began."""
        began = time.monotonic_ns()
        self._turn += 1
        with self._sessions.begin() as session:
            first = session.scalars(sa.select(Flight).order_by(Flight.scheduled).limit(1)).one()
            first.delay = 5000 + self._turn
        return {"began": began}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    machine.pin(machine.SERVER_CORE)
    machine.raise_file_limit()
    app = make_app(
        {},
        **{
            "sqlalchemy.url": f"sqlite:///{given.folder / 'board.sqlite'}",
            "dashboard.environment": "development",
            "dashboard.models": "dashboard.demo.models",
            "dashboard.demo": "true",
            "dashboard.public": "true",
        },
    )
    commands = Commands(app.registry)
    commands.make_board()
    obey_in_thread({name: getattr(commands, name) for name in ("head", "commit")})
    say(port=given.port, threads=threading.active_count())
    serve(app, listen=f"127.0.0.1:{given.port}")


if __name__ == "__main__":
    main()

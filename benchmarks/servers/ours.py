"""The product: its own server, or the same application on a plain waitress.

The process is what ``pserve`` would run, and a thread that does what a benchmark needs: it
appends changes to the change log and hands them to ``Broadcaster.publish``, as the hook after a
commit does, or commits records by a session like any program.
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path
from typing import Any

import waitress
from pyramid.registry import Registry
from sqlalchemy import select

from benchmarks import machine, models
from benchmarks.events import Difference
from benchmarks.servers.control import obey_in_thread, say
from benchmarks.servers.pace import Pace
from benchmarks.window import Window
from dashboard import main as make_app
from dashboard.changes import Change, log
from dashboard.changes.append import Log
from dashboard.models.passwords import hash_password
from dashboard.models.people import User
from dashboard.streaming import channel
from dashboard.streaming.server import serve

NEVER = 1e6
"""Seconds between looks at the log: what a benchmark publishes is in the log a moment before."""

SPARE = 8
"""Threads of the plain waitress besides those for streams."""


class Publisher:
    """The commands. ``prepare`` logs changes, ``publish`` hands them out, ``commit`` does both."""

    def __init__(self, registry: Registry, received: Window) -> None:
        self._registry = registry
        self._received = received
        self._prepared: list[Change] = []

    def prepare(self, count: int) -> dict[str, Any]:
        with self._registry["dashboard.engine"].begin() as connection:
            first = log.head(connection).seq + 1
            differences = [Difference(number) for number in range(first, first + count)]
            appended = Log(connection.dialect).append(connection, differences, actor=None)
            self._prepared = appended.changes
        # Makes the broadcaster follow from here, as the first subscriber would have.
        self._registry["dashboard.broadcaster"].start()
        return {"first": first}

    def publish(self, streams: int, window: int = 1, gap: float = 0) -> dict[str, Any]:
        publish = self._registry["dashboard.broadcaster"].publish
        pace = Pace(self._received, streams, window, gap)
        times = []
        for published, change in enumerate(self._prepared):
            while wait := pace.wait(published):
                time.sleep(wait)
            times.append(time.monotonic_ns())
            publish([change])
        return {"times": times}

    def commit(self, count: int, gap: float) -> dict[str, Any]:
        sessions = self._registry["dashboard.dbsession_factory"]
        for _ in range(count):
            with sessions.begin() as session:
                session.add(models.Reading(place="Gate 1", value=17.25, note=""))
            time.sleep(gap)
        return self.head()

    def head(self) -> dict[str, Any]:
        head = self._registry["dashboard.broadcaster"].head()
        return {"epoch": head.epoch, "seq": head.seq}


def fill(registry: Registry) -> None:
    """Make the tables, and put some rows and an editor into them where there are none."""
    models.Base.metadata.create_all(registry["dashboard.engine"])
    with registry["dashboard.dbsession_factory"].begin() as session:
        if session.scalar(select(User.id)) is None:
            session.add(
                User(name="editor", role="editor", password_hash=hash_password(models.PASSWORD))
            )
            session.add_all(
                models.Place(name=f"Place {number}", value=number, note="")
                for number in range(models.PLACES)
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, default=0, help="on a plain waitress, so many")
    parser.add_argument("--coalesce", type=int, default=1, help="0: one event a send")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    machine.pin(machine.SERVER_CORE)
    machine.raise_file_limit()
    if not given.coalesce:
        channel.LARGEST_SEND = 1
    settings: dict[str, Any] = {
        "sqlalchemy.url": f"sqlite:///{given.folder / 'ours.sqlite'}",
        "dashboard.environment": "development",
        "dashboard.models": "benchmarks.models",
        "dashboard.public": "true",
        "dashboard.poll": str(NEVER),
    }
    if given.threads:
        # A stream whose client has gone is noticed at its next heartbeat: there is room for some.
        settings["dashboard.max_streams"] = str(given.threads + SPARE // 2)
    app = make_app({}, **settings)
    fill(app.registry)
    publisher = Publisher(app.registry, Window(given.folder / "received"))
    commands = {name: getattr(publisher, name) for name in ("prepare", "publish", "commit", "head")}
    obey_in_thread(commands)
    say(port=given.port)
    listen = f"127.0.0.1:{given.port}"
    if not given.threads:
        serve(app, listen=listen)
        return
    waitress.serve(
        app,
        listen=listen,
        threads=given.threads + SPARE,
        connection_limit=given.threads + 1000,
        asyncore_use_poll=True,
        backlog=4096,
    )


if __name__ == "__main__":
    main()

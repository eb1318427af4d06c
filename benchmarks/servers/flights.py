"""The product over a table of a million flights, and what the benchmark asks of its process."""

from __future__ import annotations

import argparse
import logging
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from pyramid.registry import Registry

from benchmarks import machine
from benchmarks.flights import Base, Flight, fill
from benchmarks.servers.control import obey_in_thread, say
from dashboard import main as make_app
from dashboard.catalog import VisibleCatalog
from dashboard.models import reading
from dashboard.queries import TableQuery, fetch_groups, fetch_page
from dashboard.queries.grammar import parse_query
from dashboard.streaming.server import serve


class Commands:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._sessions = registry["dashboard.dbsession_factory"]
        self._turn = 0
        self._catalog = VisibleCatalog(registry["dashboard.catalog"], lambda table: True)
        self._table = registry["dashboard.catalog"]["flight"]

    def head(self) -> dict[str, Any]:
        head = self._registry["dashboard.broadcaster"].head()
        live = self._registry["dashboard.live_views"]
        return {"epoch": head.epoch, "seq": head.seq, "evaluations": live.evaluations}

    def page(self, query: str) -> dict[str, Any]:
        """Return the ids of a query's first page, and the seconds that reading it took."""
        with reading(self._registry) as session:
            began = time.perf_counter()
            rows = fetch_page(session, self._parse(query), self._catalog).rows
            return {"ids": [row["id"] for row in rows], "seconds": time.perf_counter() - began}

    def groups(self, query: str) -> dict[str, Any]:
        """Return the keys of a query's groups."""
        with reading(self._registry) as session:
            groups = fetch_groups(session, self._parse(query), self._catalog)
            return {"keys": [row.key[0] for row in groups.rows]}

    def _parse(self, query: str) -> TableQuery:
        return parse_query(self._table, parse_qsl(query), catalog=self._catalog)

    def commit(self, id: int) -> dict[str, Any]:  # noqa: A002 (the key of a row)
        """Change one row; return the time before the commit and its number."""
        began = time.monotonic_ns()
        with self._sessions.begin() as session:
            self._turn += 1
            session.get_one(Flight, id).delay = 1000 + self._turn
        return {"began": began, "seq": self.head()["seq"]}

    def commits(self, ids: list[int], rate: float) -> dict[str, Any]:
        """Change one row after the other at ``rate`` a second; return what ``commit`` does."""
        began, done = time.monotonic(), []
        for number, each in enumerate(ids):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            done.append(self.commit(each))
        return {"commits": [[each["began"], each["seq"]] for each in done]}

    def bulk(self, first: int, count: int) -> dict[str, Any]:
        """Change ``count`` rows in one transaction; return when it began and ended."""
        began = time.monotonic_ns()
        some = Flight.id.between(first, first + count - 1)
        with self._sessions.begin() as session:
            delay = sa.func.coalesce(Flight.delay, 0) + 1
            session.execute(sa.update(Flight).where(some).values(delay=delay))
        return {"began": began, "ended": time.monotonic_ns()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--flights", type=Path)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    machine.pin(machine.SERVER_CORE)
    machine.raise_file_limit()
    path = given.folder / "flights.sqlite"
    app = make_app(
        {},
        **{
            "sqlalchemy.url": f"sqlite:///{path}",
            "dashboard.environment": "development",
            "dashboard.models": "benchmarks.flights",
            "dashboard.public": "true",
        },
    )
    Base.metadata.create_all(app.registry["dashboard.engine"])
    rows = fill(path, given.flights)
    commands = Commands(app.registry)
    names = ("head", "page", "groups", "commit", "commits", "bulk")
    obey_in_thread({name: getattr(commands, name) for name in names})
    say(port=given.port, rows=rows, threads=threading.active_count())
    serve(app, listen=f"127.0.0.1:{given.port}")


if __name__ == "__main__":
    main()

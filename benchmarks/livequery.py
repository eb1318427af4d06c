"""What live queries of a table of a million rows cost; see benchmarks/README.md."""

from __future__ import annotations

import argparse
import sys
import threading
import time
import traceback
from bisect import bisect_left
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks import machine
from benchmarks.crowd import Address
from benchmarks.follower import Follower, following
from benchmarks.process import Kind, Server
from benchmarks.report import Busy, Row, median, percentile, table
from benchmarks.site import Site
from benchmarks.streams import Streams

TABLE = "/tables/flight"
QUERIES = 50
STREAMS = 1000
RATE = 100
BULK = 10_000
REQUESTS = 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.livequery", description=__doc__)
    parser.add_argument("--flights", type=Path, default=None, help="nycflights13's flights.csv.gz")
    parser.add_argument("--seconds", type=float, default=30, help="of steady commits")
    given = parser.parse_args()
    machine.pin(machine.CLIENT_CORE)
    machine.raise_file_limit()
    print(machine.describe(), flush=True)
    arguments = ("--flights", str(given.flights)) if given.flights else ()
    kind = Kind("ours", "benchmarks.servers.flights", arguments)
    busy, rows = Busy(), []
    with Server(kind) as server:
        print(f"The table is filled; the machine was {busy.share():.0%} busy.", file=sys.stderr)
        for measure in (pages, one_row, steady, bulk):
            busy = Busy()
            try:
                rows += measure(server, given.seconds)
            except Exception:  # The others are still worth having.
                traceback.print_exc()
            print(f"{measure.__name__}: machine {busy.share():.0%} busy", file=sys.stderr)
    print()
    print(table(rows))
    return 0


def pages(server: Server, seconds: float) -> list[Row]:
    """Whole pages over HTTP, one at a time: the request, the queries and the rendering."""
    by_carrier = sorted_by_index(server)
    (place,) = most(server, "destination", 1)
    asked = (
        ("first page", "", 50),
        ("first page, the latest first", "_sort_desc=scheduled", 50),
        ("filtered and sorted by an index", by_carrier, 100),
        ("the same, its second page", f"{by_carrier}&_next=", 100),
        ("filtered by two, one of them without an index", f"{by_carrier}&distance__gt=2000", None),
        ("groups of a place's rows", f"destination={place}&_by=carrier&_agg=avg:delay", None),
        ("groups of every row, by an index", "_by=carrier", None),
        ("figures of every row", "_by=scheduled:month&_agg=avg:delay", None),
    )
    site, rows = Site(server.port), []
    for name, query, target in asked:
        path = f"{TABLE}?{query}"
        if query.endswith("_next="):
            html = site.get(path.partition("&_next")[0]).decode()
            path += html.partition("_next=")[2].partition('"')[0]
        site.get(path)
        times = [site.time(path) for _ in range(REQUESTS if target else 5)]
        note = f"p95 {percentile(times, 95):.0f} ms" + (f"; target: {target} ms" if target else "")
        rows.append(Row(name, "ours", median(times), "ms", note))
    site.close()
    return rows


def sorted_by_index(server: Server) -> str:
    (carrier,) = most(server, "carrier", 1)
    return f"carrier={carrier}&_sort=scheduled"


def most(server: Server, column: str, count: int) -> list[str]:
    """Return the most usual values of a column."""
    query = f"_by={column}&_sort_desc=count&_size={count}"
    found: list[str] = server.ask("groups", query=query)["keys"]
    return found


def stream(server: Server, query: str, head: dict[str, Any]) -> Address:
    view = quote(f"{TABLE}?{query}" if query else TABLE, safe="/")
    return Address(server.port, f"/stream?view={view}&since={head['epoch']}-{head['seq']}")


def one_row(server: Server, seconds: float) -> list[Row]:
    """From before the commit of one row to each of 1,000 watchers of the page."""
    query = sorted_by_index(server)
    ids = server.ask("page", query=query)["ids"]
    with Streams() as streams:
        streams.connect(stream(server, query, server.ask("head")), STREAMS, STREAMS)
        streams.listen(2)
        medians, lasts = [], []
        for id_ in ids[:20]:
            streams.forget()
            server.tell("commit", id=id_)
            streams.listen(10, least=1)
            began = server.answer()["began"]
            times = [(each.patches[0][0] - began) / 1e6 for each in streams if each.patches]
            if len(times) != STREAMS:
                raise RuntimeError(f"Only {len(times)} of {STREAMS} got a patch.")
            medians.append(median(times))
            lasts.append(max(times))
    name = f"one row to {STREAMS:,} watchers"
    return [
        Row(f"{name}, median", "ours", median(medians), "ms", "target: 100 ms"),
        Row(f"{name}, the last", "ours", median(lasts), "ms", "median of 20 commits"),
    ]


def queries(server: Server) -> dict[str, list[int]]:
    """Return distinct queries with the ids of their first pages: by carrier and by place."""
    places = most(server, "destination", 20)
    filters = [f"carrier={each}" for each in most(server, "carrier", 10)]
    filters += [f"destination={each}" for each in places]
    texts = [f"{each}&_sort=scheduled&_size=50" for each in filters]
    texts += [f"destination={each}&_sort_desc=scheduled&_size=50" for each in places]
    return {text: server.ask("page", query=text)["ids"] for text in texts[:QUERIES]}


def steady(server: Server, seconds: float) -> list[Row]:
    """Commits at a steady rate, of which each changes a row that some query shows."""
    asked = queries(server)
    texts = list(asked)
    every = sum(server.ask("page", query=text)["seconds"] for text in texts)
    targets = [texts[number % len(texts)] for number in range(int(RATE * seconds))]
    ids = [asked[text][number // len(texts) % 50] for number, text in enumerate(targets)]
    site = Site(server.port)
    times: list[float] = []
    stop = threading.Event()

    def visit() -> None:
        while not stop.wait(0.2):
            times.append(site.time(f"{TABLE}?{texts[len(times) % len(texts)]}"))

    with Streams() as streams:
        before = server.ask("head")
        for text in texts:
            streams.connect(stream(server, text, before), STREAMS // len(texts), 1)
        streams.listen(3)
        streams.forget()
        before = server.ask("head")
        visitor = threading.Thread(target=visit)
        visitor.start()
        cpu, began = machine.cpu_seconds(server.pid), time.monotonic()
        server.tell("commits", ids=ids, rate=RATE)
        streams.listen(seconds)
        took = time.monotonic() - began
        cores = (machine.cpu_seconds(server.pid) - cpu) / took
        stop.set()
        visitor.join()
        streams.listen(2)
        commits = server.answer()["commits"]
        after = server.ask("head")
        behind = lags(streams, server, before, texts, targets, commits)
        closed = streams.closed
    site.close()
    lasted = (commits[-1][0] - commits[0][0]) / 1e9
    rate = (len(commits) - 1) / lasted
    evaluated = (after["evaluations"] - before["evaluations"]) / len(commits)
    name = f"{RATE} commits/s, {len(texts)} queries, {STREAMS:,} streams"
    note = f"{rate:.0f} commits/s were made; {closed} streams closed"
    return [
        Row(f"{name}: the most behind", "ours", max(behind), "ms", "target: 1,000 ms"),
        Row(f"{name}: commit to patch, median", "ours", median(behind), "ms", note),
        Row(f"{name}: page p95", "ours", percentile(times, 95), "ms", "target: 200 ms"),
        Row(f"{name}: cores", "ours", cores, "", "target: 1; writer and pages included"),
        Row("evaluations for a commit", "ours", evaluated, "", ""),
        Row("evaluations for a commit", "every query on every change", len(texts), "", ""),
        Row("cores for evaluating", "every query on every change", every * RATE, "", "computed"),
    ]


def lags(
    streams: Streams,
    server: Server,
    head: dict[str, Any],
    texts: list[str],
    targets: list[str],
    commits: list[list[int]],
) -> list[float]:
    """Return the ms from before each commit until its query's watcher had a patch of it."""
    noted = {text: streams.groups[stream_path(server, text, streams)] for text in texts}
    found = []
    for text, (began, seq) in zip(targets, commits, strict=True):
        patches = noted[text][0].patches
        place = bisect_left([each[1] for each in patches], seq)
        if place == len(patches):
            raise RuntimeError(f"{text} never got change {seq}.")
        found.append((patches[place][0] - began) / 1e6)
    return found


def stream_path(server: Server, text: str, streams: Streams) -> str:
    view = quote(f"{TABLE}?{text}", safe="/")
    return next(path for path in streams.groups if f"view={view}&" in path)


def bulk(server: Server, seconds: float) -> list[Row]:
    """One transaction of 10,000 rows, among them those of the pages that are watched."""
    texts = list(queries(server))
    head = server.ask("head")
    follower = Follower(Address(server.port, "/changes"), f"{head['epoch']}-{head['seq']}")
    with Streams() as streams, following(follower):
        for text in texts:
            streams.connect(stream(server, text, head), STREAMS // len(texts), STREAMS)
        streams.listen(3)
        streams.forget()
        server.tell("bulk", first=1, count=BULK)
        streams.listen(10)
        times = server.answer()
        got = [each for each in streams if each.patches]
        last = max(each.patches[-1][0] for each in got)
        most = max(each.events for each in streams)
        operations = max(patch[2] for each in got for patch in each.patches)
    if follower.seen != sorted(set(follower.seen)):
        raise RuntimeError("The feed's changes came more than once, or out of order.")
    name = f"a transaction of {BULK:,} rows"
    note = f"{len(got)} of {STREAMS:,} streams had a row of it on their page"
    return [
        Row(f"{name}: it takes", "ours", (times["ended"] - times["began"]) / 1e6, "ms", ""),
        Row(
            f"{name}: to the last", "ours", (last - times["ended"]) / 1e6, "ms", "target: 2,000 ms"
        ),
        Row(f"{name}: most patches of a view", "ours", most, "", f"target: 1; {note}"),
        Row(f"{name}: most operations", "ours", operations, "", "target: a page, 50"),
        Row(
            f"{name}: changes in the feed",
            "ours",
            len(follower.seen),
            "",
            f"target: {BULK:,}; in {len(follower.opened)} connections",
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())

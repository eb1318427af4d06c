"""The servers that are compared."""

from __future__ import annotations

from benchmarks.machine import version
from benchmarks.process import Kind
from benchmarks.servers import nchan

OURS = Kind("ours", "benchmarks.servers.ours", events=10_000)
OURS_ONE_EACH = Kind("ours, one event a send", "benchmarks.servers.ours", ("--coalesce", "0"))
BARE = Kind("bare loop, Python", "benchmarks.servers.bare")
STARLETTE = Kind("sse-starlette, uvicorn", "benchmarks.servers.starlette_app", events=200)
THREADS = Kind(
    "waitress, a thread each",
    "benchmarks.servers.ours",
    ("--threads", "1000"),
    most=1000,
    events=100,
)
NCHAN = Kind("nchan, nginx", "benchmarks.servers.nchan")


def available() -> dict[str, Kind]:
    """Return the servers that can run here, by a short name for the command line."""
    kinds = {"ours": OURS, "one-each": OURS_ONE_EACH, "bare": BARE}
    if "absent" not in (version("uvicorn"), version("sse-starlette")):
        kinds["starlette"] = STARLETTE
    if nchan.available():
        kinds["nchan"] = NCHAN
    return {**kinds, "threads": THREADS}

"""Compare what servers of event streams do on this machine; see benchmarks/README.md."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback

from benchmarks import kinds, machine
from benchmarks.report import Busy, Row, table
from benchmarks.size import FULL, QUICK

SCENARIOS = ("flat_out", "many", "page", "edit", "sockets", "stalled", "restart")
COMPARED = ("flat_out", "many")
"""Of these every server has its figures; the others are about ours."""
POINTLESS = {("many", "one-each")}
"""Single events are sent alike, whether those that pile up are joined or not."""


def main() -> int:
    available = kinds.available()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fanout", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}; all unless given")
    parser.add_argument("--quick", action="store_true", help="fewer clients, one round")
    parser.add_argument("--servers", default=",".join(available), help=f"of {','.join(available)}")
    given = parser.parse_args()
    unknown = [each for each in given.scenario if each not in SCENARIOS]
    unknown += [each for each in given.servers.split(",") if each not in available]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}")
    machine.pin(machine.CLIENT_CORE)
    machine.raise_file_limit()
    print(machine.describe(), flush=True)
    for name in ("starlette", "nchan"):
        if name not in available:
            print(f"{name} isn't installed here, and is left out.", flush=True)
    size = QUICK if given.quick else FULL
    rows: list[Row] = []
    failed = False
    for name in given.scenario or SCENARIOS:
        scenario = importlib.import_module(f"benchmarks.scenarios.{name}")
        for server in given.servers.split(",") if name in COMPARED else ["ours"]:
            if (name, server) in POINTLESS:
                continue
            began, busy = time.monotonic(), Busy()
            try:
                rows += scenario.run(available[server], size)
            except Exception:  # The others are still worth having.
                traceback.print_exc()
                failed = True
            took = time.monotonic() - began
            print(
                f"{name}, {server}: {took:.0f} s, machine {busy.share():.0%} busy",
                file=sys.stderr,
                flush=True,
            )
    print()
    print(table(rows))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

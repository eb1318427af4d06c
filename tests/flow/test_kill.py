"""The server is killed while another process writes: its clients lose nothing.

``DASHBOARD_KILLS=20 pytest tests/flow/test_kill.py`` does it more often.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from http.client import HTTPException
from pathlib import Path

from tests.flow.watching import Feed
from tests.support.process import ServerProcess
from tests.support.sse import EventStream

KILLS = int(os.environ.get("DASHBOARD_KILLS", "5"))
COMMITS = 50 * KILLS


def test_a_feed_resumes_through_kills(database: str) -> None:
    with ServerProcess(database, environment="production", heartbeat=0.5) as server:
        with EventStream(f"{server.url}/changes") as first:
            # Where the log is before anything is written.
            cursor = next(first.only("ping")).data["head"]
        feed = Feed(server.url, since=cursor)
        done = threading.Event()

        def listen() -> None:
            """Come back by the last id whenever the stream breaks off, as a program does."""
            while not done.is_set():
                try:
                    feed.open()
                    feed.read(COMMITS)
                except (OSError, HTTPException, AttributeError):
                    time.sleep(0.05)

        listener = threading.Thread(target=listen)
        listener.start()
        command = [sys.executable, "-m", "tests.flow.writer", database, str(COMMITS)]
        writer = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        dice = random.Random(2)
        for _ in range(KILLS):
            time.sleep(dice.random() * 0.5)
            server.kill()
            server.start()
        assert writer.wait(timeout=120) == 0
        deadline = time.monotonic() + 30
        while len(feed.seen) < COMMITS and time.monotonic() < deadline:
            time.sleep(0.05)
        done.set()
        feed.close()
        listener.join(timeout=20)
    assert [each["seq"] for each in feed.seen] == list(range(1, COMMITS + 1))
    assert [each["key"] for each in feed.seen] == [[f"tag {each}"] for each in range(COMMITS)]
    assert {each["actor"] for each in feed.seen} == {"writer"}

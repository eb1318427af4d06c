"""Leave a wall page open while boards change and take turns; see benchmarks/README.md.

Chromium is where CHROMIUM says, /usr/bin/chromium otherwise.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

TOP = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BOARD = "/boards/operations?wall"
MOST_GROWTH = 0.10
SAMPLE = 7.0
"""Seconds from one look at the heap to the next: no part of a board's time, so as to see all."""
DOWN = 5.0
"""Seconds that the server stays away at a restart."""
NETWORK = "Failed to load resource"
"""How the browser itself tells that a server is away, which no page can keep it from."""

HERE = "delete globalThis.SharedWorker;"
"""Without one the page holds its connection itself, and the heap that is measured is all of it."""

COUNT = """
window.seen = { changes: 0, turns: 0 };
addEventListener("DOMContentLoaded", () => {
  const note = (records) => {
    seen.changes += records.length;
    seen.turns += records.filter(({ target }) => target.nodeName === "MAIN").length;
  };
  const what = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(note).observe(document.querySelector("main"), what);
});
"""


class Site:
    """The flight board on SQLite in a temporary folder, and a replay that plays its day."""

    def __init__(self, folder: Path, speed: float) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._ini = folder / "development.ini"
        text = (TOP / "development.ini").read_text().replace(":6543", f":{port}")
        self._ini.write_text(text.replace("dashboard.replay = 60", "dashboard.replay = 0"))
        self._run("dashboard", "init", self._ini, "--demo").wait()
        self.start()
        self._replay = self._run("dashboard", "replay", self._ini, "--speed", str(speed), "--loop")

    def _run(self, name: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        null = subprocess.DEVNULL
        return subprocess.Popen([BIN / name, *arguments], stdout=null, stderr=null)

    def start(self) -> None:
        self._server = self._run("pserve", self._ini)
        deadline = time.monotonic() + 60
        while not self._answers():
            if time.monotonic() > deadline:
                raise SystemExit("The server doesn't answer.")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End the server as a power cut does."""
        self._server.kill()
        self._server.wait()

    def close(self) -> None:
        self.stop()
        self._replay.send_signal(signal.SIGINT)
        self._replay.wait(timeout=30)


class Wall:
    """The page, what its console says, and how large its heap is."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.add_init_script(HERE + COUNT)
        page.goto(url)
        page.locator("main").wait_for()  # Loads what looks for elements, which counts too.
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("Performance.enable")

    def _on_console(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in ("error", "warning") and NETWORK not in text:
            self.errors.append(text)

    def sizes(self) -> tuple[float, float]:
        """Return the bytes of the JavaScript heap and the DOM's nodes, without what is garbage."""
        for _ in range(2):  # What the first round frees may hold what the second one does.
            self._cdp.send("HeapProfiler.collectGarbage")
        metrics = self._cdp.send("Performance.getMetrics")["metrics"]
        found = {each["name"]: each["value"] for each in metrics}
        return found["JSHeapUsedSize"], found["Nodes"]

    def seen(self) -> dict[str, int]:
        counted: dict[str, int] = self.page.evaluate("seen")
        return counted

    def survive(self, site: Site) -> float:
        """Restart the server; return the seconds from its start until the page is live again."""
        site.stop()
        stale = self.page.locator(".wall-stale")
        stale.wait_for(timeout=30_000)
        print(f"  the server is away; the page says: {stale.inner_text()}", flush=True)
        self.page.wait_for_timeout(DOWN * 1000)
        site.start()
        began = time.monotonic()
        stale.wait_for(state="hidden", timeout=120_000)
        return time.monotonic() - began


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def shown(url: str) -> Iterator[Wall]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield Wall(browser.new_page(viewport={"width": 1920, "height": 1080}), url)
        browser.close()


def watch(wall: Wall, site: Site, seconds: float, restarts: int) -> list[tuple[float, float]]:
    """Return the sizes, sampled; the first quarter of the time is left to warm up."""
    began = time.monotonic()
    due = [seconds * (number + 1) / (restarts + 1) for number in range(restarts)]
    samples = []
    while (passed := time.monotonic() - began) < seconds:
        if due and passed > due[0]:
            due.pop(0)
            print(f"  live again after {wall.survive(site):.1f} s", flush=True)
        wall.page.wait_for_timeout(SAMPLE * 1000)
        heap, nodes = wall.sizes()
        print(
            f"  {passed:6.0f} s  {heap / 1e6:6.2f} MB  {nodes:6.0f} nodes  {wall.seen()}",
            flush=True,
        )
        samples.append((heap, nodes))
    return samples[len(samples) // 4 :]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wall", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=10, help="seconds that a board stays")
    parser.add_argument("--speed", type=float, default=600, help="of the replay")
    parser.add_argument("--restarts", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dashboard-wall-") as folder:
        site = Site(Path(folder), given.speed)
        try:
            with shown(f"{site.url}{BOARD}&every={given.every}") as wall:
                samples = watch(wall, site, given.minutes * 60, given.restarts)
                return report(samples, wall)
        finally:
            site.close()


def report(samples: list[tuple[float, float]], wall: Wall) -> int:
    """Print how the last third of the samples compares with the first; 0 if all is well.

    Of the nodes it's the least that counts: boards differ, and what has gone is freed at leisure.
    """
    third = max(1, len(samples) // 3)
    worst = 0.0
    for name, at, unit, typical in (("heap", 0, 1e6, statistics.median), ("nodes", 1, 1, min)):
        first, last = (
            typical(each[at] for each in part) for part in (samples[:third], samples[-third:])
        )
        growth = last / first - 1
        worst = max(worst, growth)
        print(f"{name}: {first / unit:.2f} at first, {last / unit:.2f} at last: {growth:+.1%}")
    print(f"seen: {wall.seen()}; errors: {wall.errors or 'none'}")
    return 0 if worst <= MOST_GROWTH and not wall.errors else 1


if __name__ == "__main__":
    sys.exit(main())

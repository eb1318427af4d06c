"""Take the pictures of docs/images: `make screenshots`. CHROMIUM says where Chromium is.

A server of its own plays the flight board's evening in a temporary folder; nothing is kept of it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep

from playwright.sync_api import Browser, Page, sync_playwright

TOP = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
IMAGES = TOP / "docs" / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

EVENING = "17:22"
"""The board's clock when the pictures begin: thunderstorms, and every second some news."""

PASSWORD = "only for these pictures"
OPERATIONS = "/boards/operations"
LATEST = "/tables/flights?status=landed&_sort_desc=delay&_size=5"
TONIGHT = "/tables/flights?_sort_desc=scheduled&_size=5"

SHOTS = {
    "flights": ("/tables/flights", 1280, 640, "light"),
    "operations": (OPERATIONS, 1280, 1120, "light"),
    "operations-phone": (OPERATIONS, 390, 844, "dark"),
    "operations-wall": (f"{OPERATIONS}?wall", 1920, 1080, "dark"),
}
"""Each of them is in a document: what the pictures of a page are called, and how it's opened."""


class Studio:
    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url

    def open(self, path: str, width: int, height: int, scheme: str) -> Page:
        context = self._browser.new_context(
            base_url=self._url,
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        page = context.new_page()
        page.goto(path)
        return page

    def sign_in(self, name: str, path: str) -> Page:
        page = self.open("/sign-in", 1280, 800, "light")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(self._url + "/")
        page.goto(path)
        return page

    def take(self, page: Page, name: str) -> None:
        page.screenshot(path=IMAGES / f"{name}.png")
        page.context.close()
        print(f"docs/images/{name}.png")

    def take_boards(self) -> None:
        for name, shot in SHOTS.items():
            page = self.open(*shot)
            page.locator("[data-badge][data-state=live]").wait_for(state="attached")
            sleep(3)  # So that some rows have just changed.
            self.take(page, name)

    def take_record(self) -> None:
        page = self.sign_in("ada", LATEST)
        page.locator("tbody a").first.click()
        page.locator("[data-badge][data-state=live]").wait_for()
        self.take(page, "record")

    def take_conflict(self) -> None:
        """Two people edit a flight that leaves late, so that the replay leaves it alone."""
        mine, theirs = self.sign_in("kim", TONIGHT), self.sign_in("ada", TONIGHT)
        for page in (mine, theirs):
            page.locator("tbody a").first.click()
            page.get_by_role("link", name="Edit").click()
            page.locator("#field-destination[role=combobox]").wait_for()
        save(theirs, delay="45", status="delayed")
        theirs.context.close()
        save(mine, delay="90", number="1071")
        mine.locator("[data-take]:enabled").first.wait_for()
        self.take(mine, "conflict")


def save(page: Page, status: str | None = None, **texts: str) -> None:
    if status:
        page.locator("#field-status").select_option(status)
    for column, text in texts.items():
        page.locator(f"#field-{column}").fill(text)
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()


@contextmanager
def served() -> Iterator[str]:
    """Serve the flight board on a free port while a replay plays its evening; give the URL."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        ini = Path(folder) / "development.ini"
        text = (TOP / "development.ini").read_text().replace(":6543", f":{port}")
        ini.write_text(text.replace("dashboard.replay = 60", "dashboard.replay = 0"))
        subprocess.run([BIN / "dashboard", "init", ini, "--demo"], check=True, capture_output=True)
        for name in ("ada", "kim"):
            command = [BIN / "dashboard", "user", "add", ini, name, "--role", "editor"]
            subprocess.run([*command, "--password-stdin"], check=True, input=PASSWORD, text=True)
        stack.enter_context(process("pserve", ini))
        wait_for(f"http://127.0.0.1:{port}/healthz")
        stack.enter_context(process("dashboard", "replay", ini, "--from", EVENING))
        yield f"http://127.0.0.1:{port}"


@contextmanager
def process(name: str, *arguments: str | Path) -> Iterator[None]:
    running = subprocess.Popen(
        [BIN / name, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        running.terminate()
        running.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} doesn't answer.")


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        studio = Studio(browser, url)
        studio.take_boards()
        studio.take_record()
        studio.take_conflict()
        browser.close()


if __name__ == "__main__":
    main()

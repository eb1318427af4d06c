"""Chromium for the tests: one for the whole session, and a window of its own for each test."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.absent import absent

WITHOUT = (
    # Two pages of the address bar's own, in a process each, for every window.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # What Playwright switches off, whose switch this one takes the place of.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(WITHOUT)}",
)
PASSWORD = "a long enough password"
PATIENCE = 30_000
"""Milliseconds that a page may take for anything; long, since a machine may be busy."""

expect.set_options(timeout=PATIENCE)

WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`Policy violated: ${event.violatedDirective} by ${event.blockedURI}`);
});
"""


def chromium_path() -> str:
    """Return where Chromium is."""
    path = shutil.which(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    if path is None:
        absent("There is no Chromium: say in CHROMIUM where it is.")
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Window:
    """One person's browser: a context, its page, and all that must not have happened in it."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.problems: list[str] = []
        self._expected: list[str] = []
        self.context: BrowserContext = browser.new_context(base_url=url, **options)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(WATCH_POLICY)
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))
        self.context.on("dialog", self._on_dialog)
        self.page: Page = self.context.new_page()

    def expect_problems(self, pattern: str) -> None:
        """Let messages that ``pattern`` is found in pass."""
        self._expected.append(pattern)

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _on_dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def open_live(self, path: str) -> Page:
        """Open a page and wait until its stream is."""
        self.open(path)
        wait_live(self.page)
        return self.page

    def sign_in(self, name: str, next_: str = "/") -> Page:
        """Sign in by the form; a user of that name has to be there."""
        self.page.goto(f"/sign-in?next={next_}")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        return self.page

    def close(self) -> None:
        """Close it; raise AssertionError where something happened that must not."""
        self.context.close()
        expected = re.compile("|".join(self._expected) or r"(?!)")
        unexpected = [each for each in self.problems if not expected.search(each)]
        assert not unexpected, unexpected


OpenWindow = Callable[..., Window]


def wait_live(page: Page) -> None:
    page.locator("[data-badge][data-state=live]").wait_for()

"""Random queries and random commits in Chromium: a page that was patched is a page loaded afresh.

``DASHBOARD_BROWSER_EXAMPLES=50 pytest tests/browser/test_sequences.py`` looks longer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from tests.flow import writing
from tests.flow.questions import paths
from tests.flow.writing import Transaction, transactions
from tests.support.browser import Window
from tests.support.databases import Databases
from tests.support.server import Server, running

EXAMPLES = int(os.environ.get("DASHBOARD_BROWSER_EXAMPLES", "8"))

COMPARED = """async () => {
  const answer = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const shown = (page) => [...page.querySelectorAll("[data-view] [data-target]")].map((part) => {
    const copy = part.cloneNode(true);
    const passing = copy.querySelectorAll("[data-leaving], [data-ours]");
    passing.forEach((each) => each.remove());
    copy.querySelectorAll("[data-flash]").forEach((each) => each.removeAttribute("data-flash"));
    const html = copy.innerHTML.replace(/\\s+/g, " ").replace(/> </g, "><").trim();
    return `${part.dataset.target}: ${html}`;
  });
  return [shown(document), shown(fresh)];
}"""
"""The live parts of the page as it stands, and as a fresh load has them."""


@pytest.fixture(scope="module")
def shop(databases: Databases, template: str) -> Iterator[Server]:
    with running(databases.make(template), heartbeat=1) as server:
        yield server


@pytest.fixture(scope="module")
def window(chromium: Browser, shop: Server) -> Iterator[Window]:
    window = Window(chromium, shop.url)
    yield window
    window.close()


@pytest.mark.timeout(200 + 20 * EXAMPLES)
@pytest.mark.filterwarnings("ignore:New instance .* conflicts with persistent instance")
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    rows=st.integers(0, 12),
    path=paths,
    early=st.lists(transactions, max_size=2),
    late=st.lists(transactions, min_size=1, max_size=5),
)
def test_a_patched_page_is_a_fresh_one(
    shop: Server,
    window: Window,
    rows: int,
    path: str,
    early: list[Transaction],
    late: list[Transaction],
) -> None:
    writing.empty(shop.sessions)
    with shop.sessions.begin() as session:
        writing.fill(session, rows)
    assume(httpx.get(shop.url + path).status_code == 200)
    page = window.page
    page.goto(shop.url + path, wait_until="commit")
    for transaction in early:
        writing.transact(shop.sessions, transaction)
    page.wait_for_function("() => document.querySelector('[data-badge][data-state=live]')")
    for transaction in late:
        writing.transact(shop.sessions, transaction)
        page.wait_for_timeout(20)
    deadline = time.monotonic() + 15
    while True:
        patched, fresh = page.evaluate(COMPARED)
        if patched == fresh or time.monotonic() > deadline:
            break
        page.wait_for_timeout(50)
    assert patched == fresh, path
    assert patched
    assert "phantom" not in page.content()

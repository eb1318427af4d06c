"""The page's connection: patches shown or held, and what it does when the line or the server goes.

The server here is a stand-in that says on cue what a real one says rarely.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.static.conftest import STATIC

VIEW = "/tables/t?_sort=a"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>T</title>
<link rel="stylesheet" href="/css/tokens.css"><script type="module" src="/js/app.js"></script>
<body data-page="table" data-user="ada" data-sign-in="/sign-in" data-stream="/stream"
 data-cursor="e1-5" data-heartbeat="%s">
<p data-badge data-state="connecting"><span data-badge-text></span><span data-badge-time></span></p>
<button type="button" data-pause>Pause</button><div data-notices></div>
<section data-view="/tables/t?_sort=a"><input data-search><p data-target="total">0</p>
<table><tbody data-target="rows"></tbody></table></section>
<p role="status" aria-live="polite" data-summary></p></body></html>"""
ROWS = "() => [...document.querySelectorAll('tr[data-key]')].map(tr => tr.dataset.key).join('')"
END = "end"


class Script:
    """What the stand-in says next, and what it was asked: the cursor of each connection."""

    def __init__(self) -> None:
        self.events: queue.Queue[Any] = queue.Queue()
        self.lock = threading.Lock()
        self.heartbeat = 15.0
        self.asked: list[str] = []
        self.statuses: list[int] = []
        self.page_status = 200

    def next(self, connection: int) -> Any:
        """Return what to say; END where a later connection has taken over, None for nothing."""
        with self.lock:
            if connection != len(self.asked):
                return END
            try:
                return self.events.get_nowait()
            except queue.Empty:
                return None

    def say(self, name: str, data: Any, id_: str | None = None) -> None:
        head = f"id: {id_}\n" if id_ else ""
        self.events.put(f"{head}event: {name}\ndata: {json.dumps(data)}\n\n")

    def put(self, key: str, place: str | None, seq: int) -> None:
        op = {"op": "put", "key": key, "html": f"<tr data-key={key}><td>{key}", "place": place}
        patch = {"view": VIEW, "ops": [op], "total": seq, "total_text": str(seq)}
        self.say("patch", patch, f"e1-{seq}")


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def __init__(self, *args: Any, script: Script, **options: Any) -> None:
        self.script = script
        super().__init__(*args, **options)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/":
            self._head(200, "text/html; charset=utf-8")
            self.wfile.write((PAGE % self.script.heartbeat).encode())
        elif url.path == "/stream":
            self._stream(parse_qs(url.query))
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        self._head(self.script.page_status, "text/html")

    def _head(self, status: int, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.end_headers()

    def _stream(self, query: dict[str, list[str]]) -> None:
        assert query["view"] == [VIEW]
        with self.script.lock:
            self.script.asked.append(self.headers.get("Last-Event-ID") or query["since"][0])
            connection = len(self.script.asked)
        status = self.script.statuses.pop(0) if self.script.statuses else 200
        self._head(status, "text/event-stream" if status == 200 else "text/plain")
        if status != 200:
            return
        self.wfile.write(b"retry: 50\n\n")
        with contextlib.suppress(OSError):
            while (event := self.script.next(connection)) is not END:
                self.wfile.write((event or "").encode())
                time.sleep(0 if event else 0.01)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def script(request: pytest.FixtureRequest) -> Script:
    script = Script()
    script.heartbeat = getattr(request, "param", script.heartbeat)
    return script


@pytest.fixture
def live(chromium: Browser, script: Script) -> Iterator[Page]:
    handler = partial(_Handler, directory=str(STATIC), script=script)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
    page.wait_for_selector("[data-state=live]")
    yield page
    page.close()
    script.events.put(END)
    server.shutdown()
    server.server_close()
    assert errors == []


def wait(page: Page, text: str, selector: str = "[data-badge]") -> None:
    page.wait_for_function(
        "([where, text]) => document.querySelector(where).textContent.includes(text)",
        arg=[selector, text],
        timeout=15_000,
    )


def asked_again(page: Page, script: Script) -> None:
    for _ in range(500):
        if len(script.asked) > 1:
            return
        page.wait_for_timeout(20)
    raise AssertionError("the page didn't connect again")


def rows_are(page: Page, keys: str) -> None:
    page.wait_for_function(f"keys => ({ROWS})() === keys", arg=keys, timeout=15_000)


def test_patches_arrive(live: Page, script: Script) -> None:
    script.put("a", None, 6)
    script.put("b", "a", 7)
    rows_are(live, "ab")
    wait(live, "Live")
    wait(live, "7", "[data-target=total]")
    wait(live, " added", "[data-summary]")


def test_pause_holds_and_resume_applies_in_order(live: Page, script: Script) -> None:
    live.keyboard.press("p")
    script.put("a", None, 6)
    script.put("b", None, 7)
    wait(live, "Paused (2 waiting)")
    assert live.evaluate(ROWS) == ""
    live.locator("[data-pause]").click()
    rows_are(live, "ba")
    script.put("c", "a", 8)
    rows_are(live, "bac")


def test_keys_are_letters_where_somebody_types(live: Page) -> None:
    live.keyboard.press("/")
    live.keyboard.type("p/")
    assert live.locator("[data-search]").input_value() == "p/"
    assert live.locator("[data-pause]").text_content() == "Pause"


def test_too_much_held_is_fetched_anew(live: Page, script: Script) -> None:
    live.locator("[data-pause]").click()
    ops = [{"op": "remove", "key": str(n)} for n in range(6000)]
    script.say("patch", {"view": VIEW, "ops": ops, "total": 1}, "e1-9")
    script.put("a", None, 10)
    wait(live, "6,001 waiting")
    live.locator("[data-pause]").click()
    asked_again(live, script)
    script.say("reset", {"reason": "epoch"}, "e1-11")
    script.put("z", None, 12)
    rows_are(live, "z")
    assert script.asked[1] == "stale-0"


def test_a_refused_connection_is_tried_again_from_the_cursor(live: Page, script: Script) -> None:
    script.put("a", None, 6)
    rows_are(live, "a")
    script.statuses = [503, 503]
    script.events.put(END)
    wait(live, "Reconnecting since")
    script.put("b", "a", 7)
    rows_are(live, "ab")
    wait(live, "Live")
    assert set(script.asked[1:]) == {"e1-6"}


@pytest.mark.parametrize("script", [0.4], indirect=True)
def test_a_silent_line_is_replaced(live: Page, script: Script) -> None:
    script.put("a", None, 6)
    rows_are(live, "a")
    # Nothing comes for more than 2.5 heartbeats of 0.4 s.
    asked_again(live, script)
    script.put("b", "a", 7)
    rows_are(live, "ab")
    assert script.asked[:2] == ["e1-5", "e1-6"]


def test_signed_out_says_so_and_stays_away(live: Page, script: Script) -> None:
    script.say("bye", {"reason": "auth"})
    script.events.put(END)
    wait(live, "You were signed out", "[data-notices]")
    assert live.locator("[data-notices] a").get_attribute("href") == "/sign-in?next=%2F"
    wait(live, "Stopped at")
    live.wait_for_timeout(1500)
    assert len(script.asked) == 1


def test_refused_for_want_of_a_right(live: Page, script: Script) -> None:
    script.statuses = [403] * 5
    script.page_status = 403
    script.events.put(END)
    wait(live, "You were signed out", "[data-notices]")


def test_other_goodbyes_reconnect(live: Page, script: Script) -> None:
    script.put("a", None, 6)
    script.say("bye", {"reason": "shutdown"})
    script.events.put(END)
    script.put("b", "a", 7)
    rows_are(live, "ab")
    assert script.asked == ["e1-5", "e1-6"]

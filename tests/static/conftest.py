"""A tiny server of the static files, for the tests of the page's script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import dashboard

STATIC = Path(dashboard.__file__).parent / "static"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Test</title>
<link rel="stylesheet" href="/css/tokens.css"><link rel="stylesheet" href="/css/base.css">
<link rel="stylesheet" href="/css/table.css"><link rel="stylesheet" href="/css/reading.css">
<body><section data-view="/tables/t"><h1><span data-target="total"></span></h1>
<table class="rows"><thead><tr><th>A</th><th>B</th></tr></thead>
<tbody data-target="rows"></tbody></table>
<dl data-target="record"></dl><div data-target="pager"></div></section></body></html>"""


class _Handler(SimpleHTTPRequestHandler):
    """The static folder, an empty page that patches are applied to, and nothing in the log."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def static_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(STATIC)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(chromium: Browser, static_url: str) -> Iterator[Page]:
    """A page that has the modules' exports on ``window.lib``; errors in it fail the test."""
    errors: list[str] = []
    opened = chromium.new_page(viewport={"width": 1000, "height": 600})
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(static_url + "/")
    opened.evaluate("async () => { window.lib = await import('/js/patch.js'); }")
    yield opened
    opened.close()
    assert errors == []

"""Arranging a board: by keyboard, mouse and finger; what is saved, and what can't be."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

PANEL = """<section class="panel" data-key="{0}" data-view="v{0}" data-row="{1}" data-width="{2}"
{3}><header><h2>Panel {0}</h2></header><div class="panel-body"><a href="#x">in it</a></div>
</section>"""
BOARD = """<div data-notices></div><section data-view="/boards/b" data-arrange="/boards/b/arrange">
<div class="title-actions"><input type="hidden" data-csrf="" value="t0ken"></div>
<span hidden data-target="version"> {version} </span>
<div class="panels" data-target="rows">{panels}</div></section><p data-summary></p>"""
STYLE = """.panels { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: 16px; }
.panel { min-height: 120px; } [data-first] { grid-column-start: 1; } body { width: auto; }
@media (max-width: 600px) { .panels { display: block; } }"""
START = """async () => {
  window.held = []; window.said = [];
  const live = { hold: (reason, on) => held.push(on), summary: { say: (text) => said.push(text) } };
  (await import('/js/arrange.js')).start(document, live);
}"""
LAYOUT = """async () => {
  const { readLayout } = await import("/js/layout.js");
  const rows = readLayout(document.querySelector(".panels"));
  return rows.map((row) => row.map(({ id, width }) => `${id}x${width}`).join(" ")).join(" | ");
}"""
FOCUSED = "() => document.activeElement.dataset.key"


def board_html(version: int, *rows: str) -> str:
    """Return a board of rows such as ``1x6 2x6``: panel 1, 6 columns wide, and so on."""
    panels = [
        PANEL.format(*each.split("x")[:1], number, each.split("x")[1], "data-first" * (at == 0))
        for number, row in enumerate(rows, 1)
        for at, each in enumerate(row.split())
    ]
    return BOARD.format(version=version, panels="".join(panels))


class Server:
    """What is sent to be saved, and the statuses that are answered."""

    def __init__(self, page: Page) -> None:
        self.sent: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []
        self.answers: list[tuple[int, str]] = []
        page.route("**/boards/b/arrange", self.save)

    def save(self, route: Route) -> None:
        self.sent.append(json.loads(route.request.post_data or ""))
        self.tokens.append(route.request.headers.get("x-csrf-token"))
        status, body = self.answers.pop(0) if self.answers else (204, "")
        route.fulfill(status=status, body=body, content_type="application/json")

    @property
    def layouts(self) -> list[str]:
        texts = []
        for sent in self.sent:
            rows: dict[int, list[str]] = {}
            for each in sorted(sent["panels"], key=lambda each: (each["row"], each["place"])):
                rows.setdefault(each["row"], []).append(f"{each['id']}x{each['width']}")
            texts.append(" | ".join(" ".join(row) for row in rows.values()))
        return texts


@pytest.fixture
def server(page: Page) -> Server:
    return Server(page)


@pytest.fixture
def board(page: Page, server: Server) -> Page:
    html = board_html(7, "1x6 2x6", "3x12", "4x4 5x4 6x4")
    page.evaluate("html => { document.body.innerHTML = html; }", html)
    page.add_style_tag(content=STYLE)
    page.add_style_tag(url="/css/arrange.css")
    widths = "".join(f"[data-width='{n}'] {{ grid-column-end: span {n}; }}" for n in range(1, 13))
    page.add_style_tag(content=widths)
    page.evaluate(START)
    page.get_by_role("button", name="Arrange").click()
    return page


def layout(page: Page) -> str:
    text: str = page.evaluate(LAYOUT)
    return text


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


BEFORE = "1x6 2x6 | 3x12 | 4x4 5x4 6x4"
KEYS = {
    "1 Right": "2x6 1x6 | 3x12 | 4x4 5x4 6x4",
    "1 Right Right": "2x6 | 1x6 3x12 | 4x4 5x4 6x4",
    "1 Left": BEFORE,
    "1 Up": "1x6 | 2x6 | 3x12 | 4x4 5x4 6x4",
    "2 Down": "1x6 | 2x6 | 3x12 | 4x4 5x4 6x4",
    "2 Down Down": "1x6 | 2x6 3x12 | 4x4 5x4 6x4",
    "3 Up": "3x12 1x6 2x6 | 4x4 5x4 6x4",
    "5 Left Up Up": "1x6 2x6 | 5x4 3x12 | 4x4 6x4",
    "6 Right Down Down": "1x6 2x6 | 3x12 | 4x4 5x4 | 6x4",
    "4 Left": "1x6 2x6 | 3x12 4x4 | 5x4 6x4",
    "3 Shift+Left Shift+Left": "1x6 2x6 | 3x10 | 4x4 5x4 6x4",
    "3 Shift+Right": BEFORE,
}


def test_keys_move_and_resize(board: Page) -> None:
    for case, wanted in KEYS.items():
        panel, *keys = case.split()
        board.focus(f".panel[data-key='{panel}']")
        press(board, *(re.sub(r"(\w+)$", r"Arrow\1", key) for key in keys))
        assert (case, layout(board)) == (case, wanted)
        assert board.evaluate(FOCUSED) == panel
        press(board, "Escape", "Enter")


def test_by_keyboard_alone_to_the_end(board: Page, server: Server) -> None:
    assert board.evaluate(FOCUSED) == "1"
    press(board, "Tab", "ArrowDown", "Shift+ArrowLeft")
    said = board.evaluate("said.at(-1)")
    assert said == "Panel 2: row 2 of 4, place 1 of 1, width 5 of 12"
    press(board, "Enter")
    board.get_by_role("button", name="Arrange").wait_for()
    assert server.layouts == ["1x6 | 2x5 | 3x12 | 4x4 5x4 6x4"]
    assert (server.sent[0]["version"], server.tokens) == ("7", ["t0ken"])
    assert board.evaluate("held") == [True, False]
    assert board.evaluate("said.at(-1)") == "The board is saved."
    assert board.evaluate("document.activeElement.textContent") == "Arrange"
    assert board.locator("[inert], [tabindex], [data-ours]").count() == 0


def test_escape_leaves_everything_as_it_was(board: Page, server: Server) -> None:
    press(board, "ArrowRight", "Shift+ArrowRight", "Escape")
    assert layout(board) == BEFORE
    assert server.sent == []
    assert board.evaluate("held") == [True, False]
    firsts = board.locator("[data-first]").evaluate_all("all => all.map(e => e.dataset.key)")
    assert firsts == ["1", "3", "4"]


def drag(page: Page, panel: str, x: float, y: float) -> None:
    box = page.locator(f".panel[data-key='{panel}']").bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(x, y, steps=4)


DRAGS = [
    ("6", "1", (0.2, 0.5), "6x4 1x6 2x6 | 3x12 | 4x4 5x4"),
    ("4", "6", (0.8, 0.5), "1x6 2x6 | 3x12 | 5x4 6x4 4x4"),
    ("1", "2", (0.9, 0.5), "2x6 1x6 | 3x12 | 4x4 5x4 6x4"),
    ("5", "3", (0.5, 0.02), "1x6 2x6 | 5x4 | 3x12 | 4x4 6x4"),
    ("3", "5", (0.5, 0.99), "1x6 2x6 | 4x4 5x4 6x4 | 3x12"),
    ("1", "1", (0.6, 0.6), BEFORE),
]
"""A panel, the one over which it is dropped, where over that, and what becomes of it."""


def test_the_mouse_drags(board: Page) -> None:
    for panel, over, at, wanted in DRAGS:
        box = board.locator(f".panel[data-key='{over}']").bounding_box()
        assert box
        drag(board, panel, box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"])
        assert board.locator(".drop-mark").is_visible()
        board.mouse.up()
        assert layout(board) == wanted
        assert board.locator(".drop-mark, [data-dragging]").count() == 0
        press(board, "Escape", "Enter")


def test_escape_ends_a_drag_alone(board: Page) -> None:
    drag(board, "4", 300, 100)
    press(board, "Escape")
    board.mouse.up()
    assert layout(board) == BEFORE
    assert board.get_by_role("button", name="Save").is_visible()


def test_an_edge_resizes(board: Page) -> None:
    edge = board.locator(".panel[data-key='1'] .panel-edge").bounding_box()
    assert edge
    board.mouse.move(edge["x"] + 10, edge["y"] + 30)
    board.mouse.down()
    board.mouse.move(edge["x"] - 160, edge["y"] + 30, steps=3)
    board.mouse.up()
    assert layout(board) == "1x4 2x6 | 3x12 | 4x4 5x4 6x4"


def test_a_finger_drags_by_the_grip(board: Page) -> None:
    board.set_viewport_size({"width": 390, "height": 844})
    touch = board.context.new_cdp_session(board)

    def finger(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    grip = board.locator(".panel[data-key='1'] .panel-grip").bounding_box()
    third = board.locator(".panel[data-key='3']").bounding_box()
    assert grip and third
    x, y = grip["x"] + 20, grip["y"] + 20
    finger("touchStart", (x, y))
    finger("touchMove", (x, y + 40))
    finger("touchMove", (x, third["y"] + third["height"] * 0.7))
    finger("touchEnd")
    board.wait_for_function("() => !document.querySelector('[data-dragging]')")
    assert layout(board) == "2x6 | 3x12 1x6 | 4x4 5x4 6x4"


def test_a_conflict_loses_nothing(board: Page, server: Server) -> None:
    """Meanwhile somebody has removed panel 2 and added panel 9."""
    server.answers = [(409, "")]
    theirs = board_html(8, "3x12", "1x6 9x6", "4x4 5x4 6x4")
    board.route("**/", lambda route: route.fulfill(body=theirs, content_type="text/html"))
    press(board, "ArrowRight", "Enter")
    expect(board.locator("[data-notices]")).to_contain_text("Somebody has changed the board")
    assert layout(board) == "2x6 1x6 | 3x12 | 4x4 5x4 6x4"
    board.get_by_role("button", name="Save mine").click()
    board.get_by_role("button", name="Arrange").wait_for()
    assert server.layouts[1] == "1x6 | 3x12 | 4x4 5x4 6x4 | 9x6"
    assert [each["version"] for each in server.sent] == ["7", "8"]
    assert board.locator("[data-notices] *").count() == 0


def test_theirs_may_be_taken(board: Page, server: Server) -> None:
    server.answers = [(409, "")]
    press(board, "ArrowRight", "Enter")
    board.get_by_role("button", name="Take theirs").click()
    assert layout(board) == BEFORE
    assert board.evaluate("held") == [True, False]


def test_a_refusal_is_said_and_can_be_tried_again(board: Page, server: Server) -> None:
    server.answers = [(422, json.dumps({"error": {"text": "A panel is too wide."}})), (500, "oops")]
    press(board, "ArrowRight", "Enter")
    notice = board.locator("[data-notices]")
    expect(notice).to_contain_text("A panel is too wide. What you arranged is still here.")
    board.get_by_role("button", name="Try again").click()
    expect(notice).to_contain_text("The server answers 500.")
    assert layout(board) == "2x6 1x6 | 3x12 | 4x4 5x4 6x4"
    board.get_by_role("button", name="Try again").click()
    board.get_by_role("button", name="Arrange").wait_for()
    assert len(server.sent) == 3

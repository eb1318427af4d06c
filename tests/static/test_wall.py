"""A wall's turns and what it says of its freshness; the clock is the test's own."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

BOARD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{slug}</title>
<link rel="stylesheet" href="/css/wall.css">
<body data-page="wall" data-cursor="e-{seq}"><header class="bar">Bar</header><main>
<section data-view="/boards/{slug}" data-seconds="10" {next}>
<h1>{slug} {seq}</h1></section></main>"""
START = """async () => {
  window.turned = [];
  const stream = Object.assign(new EventTarget(), { state: "live" });
  window.live = { stream, fresh: new Date(), turnTo: (...what) => turned.push(what.join(" ")) };
  (await import("/js/wall.js")).start(document, live);
}"""
BECOME = (
    """state => { live.stream.state = state; live.stream.dispatchEvent(new Event("state")); }"""
)


class Boards:
    """Pages of boards that come one after the other; those in ``gone`` aren't there."""

    def __init__(self, *slugs: str) -> None:
        self.slugs = list(slugs)
        self.gone: set[str] = set()
        self.seq = 0
        self.asked: list[str] = []

    def answer(self, route: Route) -> None:
        slug = route.request.url.split("?")[0].rsplit("/", 1)[1]
        self.asked.append(slug)
        self.seq += 1
        if slug in self.gone:
            route.fulfill(status=404, body="")
            return
        alive = [each for each in self.slugs if each not in self.gone]
        after = alive[(alive.index(slug) + 1) % len(alive)]
        following = f'data-next="/boards/{after}?wall"' if len(alive) > 1 else ""
        body = BOARD.format(slug=slug, seq=self.seq, next=following)
        route.fulfill(body=body, content_type="text/html")


@pytest.fixture
def boards() -> Boards:
    return Boards("a", "b", "c")


@pytest.fixture
def wall(chromium: Browser, static_url: str, boards: Boards, request: Any) -> Any:
    errors: list[str] = []
    page = chromium.new_page()
    page.clock.install(time="2026-01-02T14:03:20")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/boards/*", boards.answer)
    page.goto(f"{static_url}/boards/a?{getattr(request, 'param', 'wall')}")
    page.clock.pause_at("2026-01-02T14:03:50")  # It goes on by itself, else.
    page.evaluate(START)
    yield page
    page.close()
    assert errors == []


def turn(page: Page, seconds: int, heading: str) -> None:
    page.clock.run_for(seconds * 1000)
    expect(page.locator("h1")).to_have_text(heading)


def test_boards_take_turns_in_their_order(wall: Page, boards: Boards) -> None:
    turn(wall, 9, "a 1")
    turn(wall, 1, "b 2")
    turn(wall, 10, "c 3")
    turn(wall, 10, "a 4")
    assert wall.evaluate("turned") == ["/boards/b e-2", "/boards/c e-3", "/boards/a e-4"]
    assert wall.title() == "a"
    assert wall.locator(".bar").is_hidden()


@pytest.mark.parametrize("wall", ["wall=a,c&every=4"], indirect=True)
def test_those_that_are_named_take_turns(wall: Page) -> None:
    turn(wall, 4, "c 2")
    turn(wall, 4, "a 3")


@pytest.mark.parametrize("wall", ["wall=a"], indirect=True)
def test_a_single_board_stays(wall: Page, boards: Boards) -> None:
    turn(wall, 600, "a 1")
    assert boards.asked == ["a"]


def test_a_board_that_is_gone_is_passed_over(wall: Page, boards: Boards) -> None:
    boards.gone = {"b"}
    turn(wall, 10, "a 3")
    turn(wall, 10, "c 4")
    assert boards.asked == ["a", "b", "a", "c"]


def test_a_server_that_is_gone_leaves_the_board(wall: Page, boards: Boards) -> None:
    boards.gone = {"a", "b", "c"}
    turn(wall, 10, "a 1")
    boards.gone = set()
    wall.wait_for_timeout(200)
    turn(wall, 10, "b 4")


def test_it_says_at_once_that_it_is_old(wall: Page) -> None:
    stale = wall.locator(".wall-stale")
    assert stale.is_hidden()
    wall.clock.run_for(120_000)
    wall.evaluate(BECOME, "reconnecting")
    expect(stale).to_have_text("As of 14:03, reconnecting")
    assert float(stale.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")) >= 28
    wall.evaluate(BECOME, "live")
    assert stale.is_hidden()
    wall.context.set_offline(True)
    expect(stale).to_have_text("As of 14:03, offline")
    wall.context.set_offline(False)
    assert stale.is_hidden()
    wall.evaluate(BECOME, "ended")
    expect(stale).to_have_text("As of 14:03, stopped")


def test_the_cursor_hides(wall: Page) -> None:
    cursor = "() => getComputedStyle(document.body).cursor"
    wall.mouse.move(50, 50)
    assert wall.evaluate(cursor) == "auto"
    wall.clock.run_for(3100)
    assert wall.evaluate(cursor) == "none"
    wall.mouse.move(60, 60)
    wall.wait_for_function(f"() => ({cursor})() === 'auto'")

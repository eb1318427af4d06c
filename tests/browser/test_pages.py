"""Every page of the program on a lively evening: whole, silent, accessible, with or without
script, on a phone and on a desk, by day and by night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard.demo.board import find_flights, tell, writing
from dashboard.demo.day import board_at
from dashboard.demo.models import Flight
from dashboard.views.setup import new_token
from tests.browser.conftest import FLIGHTS
from tests.support.browser import OpenWindow, Window
from tests.support.server import Server, running
from tests.support.site import change_flight, flights_to

pytestmark = pytest.mark.browser

EVENING = datetime(2013, 7, 22, 17, 30)

PAGES = {
    "home": "/",
    "table": "/tables/flights?_size=12",
    "filtered": "/tables/flights?status=delayed&delay__gt=60&_search=jet&_sort_desc=delay&_size=9",
    "columns": "/tables/flights?_col=origin&_col=landed&_col=tailnum&_col=arrival_delay&_size=5",
    "empty": "/tables/flights?_search=nothing+is+called+so",
    "airlines": "/tables/airlines",
    "planes": "/tables/planes?_size=5",
    "record": "/tables/flights/500",
    "referred": "/tables/airports/ORD",
    "new": "/tables/flights/new",
    "edit": "/tables/flights/500/edit",
    "delete": "/tables/flights/500/delete",
    "blocked": "/tables/airlines/B6/delete",
    "people": "/tables/people",
    "person": "/tables/people/1",
    "account": "/account",
    "board": "/boards/operations",
    "share": "/boards/operations/share",
}
STRANGER_PAGES = {
    "wall": ("/boards/operations?wall", 200),
    "sign-in": ("/sign-in", 200),
    "missing": ("/tables/no-such-table", 404),
    "no record": ("/tables/flights/0", 404),
    "junk": ("/tables/flights?_size=many", 400),
}


@pytest.fixture(scope="module")
def evening(board: Server) -> Server:
    """The board as it stood at half past five, in the middle of the thunderstorms."""
    with writing(board.sessions) as session:
        tell(session, find_flights(session), board_at(EVENING))
    return board


@pytest.fixture
def admin(evening: Server, open_window: OpenWindow) -> Window:
    window = open_window(evening, viewport={"width": 1280, "height": 800})
    window.sign_in("ada")
    return window


def assert_fine(page: Page) -> None:
    """Look at the page on a desk, by day and by night, and on a phone."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, {"runOnly": ["color-contrast"]}) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert overflowing(page) == []
    assert violations(page, {"rules": {"color-contrast": {"enabled": False}}}) == []


def violations(page: Page, options: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return axe's serious and critical findings; ``options`` are those of ``axe.run``."""
    results = Axe().run(page, options={"resultTypes": ["violations"], **(options or {})})
    return [
        {"rule": each["id"], "nodes": [node["html"][:200] for node in each["nodes"][:3]]}
        for each in results.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def overflowing(page: Page) -> list[str]:
    """Return what makes the page wider than the window; a part that scrolls by itself may be."""
    wide: list[str] = page.evaluate(
        """() => {
          const root = document.documentElement;
          if (root.scrollWidth <= root.clientWidth) return [];
          return [...document.querySelectorAll("body *")]
            .filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1)
            .map((each) => each.outerHTML.slice(0, 120)).slice(0, 5).concat("the page");
        }"""
    )
    return wide


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_is_fine(admin: Window, path: str) -> None:
    answer = admin.page.goto(path)
    assert answer is not None
    assert answer.status == 200
    assert_fine(admin.page)


@pytest.mark.parametrize(("path", "status"), STRANGER_PAGES.values(), ids=STRANGER_PAGES.keys())
def test_a_strangers_page_is_fine(
    evening: Server, open_window: OpenWindow, path: str, status: int
) -> None:
    window = open_window(evening)
    window.expect_problems(f"status of {status}")
    answer = window.page.goto(path)
    assert answer is not None
    assert answer.status == status
    assert_fine(window.page)


def test_refused_saves_are_fine_pages(evening: Server, admin: Window) -> None:
    """Errors by field, a conflict, a wrong password: pages that only a POST shows."""
    admin.expect_problems("status of (403|409|422)")
    flight = flights_to(evening, "SAN")[0]
    page = admin.open(f"/tables/flights/{flight}/edit")
    page.locator("#field-delay").fill("late")
    page.get_by_role("button", name="Save").click()
    page.locator("[data-errors]").wait_for()
    assert_fine(page)

    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"/tables/flights/{flight}/edit")
    change_flight(evening, flight, delay=71, status="cancelled")
    page.locator("#field-delay").fill("82")
    page.get_by_role("button", name="Save").click()
    page.locator("[data-conflict]").wait_for()
    assert_fine(page)

    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert_fine(page)


def test_a_refusal_is_a_fine_page(evening: Server, open_window: OpenWindow) -> None:
    window = open_window(evening)
    window.expect_problems("status of 403")
    page = window.sign_in("wanda")
    page.goto("/tables/flights/new")
    expect(page.locator("main")).to_contain_text("403")
    assert_fine(page)


def test_the_open_menus_are_fine(admin: Window) -> None:
    page = admin.open("/tables/flights?_size=5&status=delayed")
    for name in ("Filter", "Columns"):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.locator("summary", has_text=name).click()
        assert_fine(page)


def test_the_setup_page_is_fine(flights_database: str, open_window: OpenWindow) -> None:
    with running(flights_database, models=FLIGHTS) as server:
        window = open_window(server)
        assert_fine(window.open(f"/setup?token={new_token(server.registry)}"))


@pytest.fixture
def plain(evening: Server, open_window: OpenWindow) -> Iterator[Window]:
    """A browser without script."""
    yield open_window(evening, java_script_enabled=False)


def test_everything_is_read_without_script(plain: Window) -> None:
    plain.sign_in("ada")
    for path in PAGES.values():
        page = plain.open(path)
        assert page.locator("h1").inner_text().strip()
    page = plain.open("/tables/flights?_size=12")
    expect(page.locator("tbody tr")).to_have_count(12)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tbody tr")).to_have_count(12)
    page.get_by_role("link", name="Delay").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Delay")


def test_tables_are_asked_without_script(plain: Window) -> None:
    page = plain.open("/tables/flights")
    page.locator("summary", has_text="Filter").click()
    page.locator("[name=_filter_column]").select_option("destination")
    page.locator("[name=_filter_op]").select_option("exact")
    page.locator("[name=_filter_value]").fill("SAN")
    page.get_by_role("button", name="Add filter").click()
    expect(page.locator("tbody tr")).to_have_count(9)
    page.get_by_role("searchbox").fill("delta")
    page.get_by_role("searchbox").press("Enter")
    assert re.search(r"[?&]destination=SAN\b", page.url)
    assert re.search(r"[?&]_search=delta\b", page.url)
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("checkbox", name="Plane").check()
    page.get_by_role("button", name="Show columns").click()
    expect(page.locator("th", has_text="Plane")).to_be_visible()
    assert "destination=SAN" in page.url


def test_forms_save_without_script(plain: Window, evening: Server) -> None:
    plain.expect_problems("status of 4")
    page = plain.sign_in("ed", quote("/tables/flights/new"))
    texts = {"scheduled": "2013-07-22T18:00", "carrier": "UA", "number": "77", "origin": "EWR"}
    for column, text in {**texts, "destination": "nowhere"}.items():
        page.locator(f"#field-{column}").fill(text)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#field-destination-error")).to_be_visible()
    page.locator("#field-destination").fill("SAN")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-notices]")).to_contain_text("was added")
    flight = int(page.url.rsplit("/", 1)[1])

    page.get_by_role("link", name="Edit").click()
    change_flight(evening, flight, delay=5)
    page.locator("#field-delay").fill("6")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-conflict]")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-notices]")).to_contain_text("Saved")
    with evening.sessions() as session:
        assert session.get_one(Flight, flight).delay == 6

    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-notices]")).to_contain_text("was deleted")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()

"""The workshop in a browser: its people sign in at its own door, and watch its models live."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.embedding.conftest import PASSWORD, Start, Workshop
from tests.support.browser import OpenWindow, wait_live
from tests.support.site import cell

pytestmark = pytest.mark.browser


def sign_in(page: Page, name: str) -> None:
    """Fill in the host's form, to which the program has led."""
    expect(page.get_by_role("heading", name="Sign in to the workshop")).to_be_visible()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("prefix", ["", "/town/west end"])
def test_an_application_sees_its_models_live(
    start: Start, open_window: OpenWindow, prefix: str
) -> None:
    with start(prefix) as workshop:
        live = workshop.url.replace(" ", "%20")
        ann = open_window(live)
        page = ann.open(f"{live}/live/tables/repair?state=waiting")
        sign_in(page, "ann")
        wait_live(page)
        assert page.url == f"{live}/live/tables/repair?state=waiting"
        expect(page.get_by_role("row")).to_have_count(3)
        # The host's own page, and the host's own form.
        host = ann.context.new_page()
        host.goto(f"{live}/")
        host.get_by_label("Red tandem").fill("ready")
        host.get_by_role("button", name="Save").first.click()
        expect(page.get_by_role("row")).to_have_count(2)
        host.get_by_label("Red tandem").fill("waiting")
        host.get_by_role("button", name="Save").first.click()
        expect(page.get_by_role("row")).to_have_count(3)
        record = ann.context.new_page()
        record.goto(f"{live}/live/tables/repair/1")
        expect(record.locator('[data-target="history"]')).to_contain_text("ann")
        # And the other way round.
        edit(record, "On the stand soon")
        assert record.url == f"{live}/live/tables/repair/1"
        expect(cell(page, 1, "bicycle")).to_have_text("On the stand soon")
        host.goto(f"{live}/")
        expect(host.get_by_label("On the stand soon")).to_be_visible()


def edit(page: Page, text: str) -> None:
    page.get_by_role("link", name="Edit").click()
    page.locator("#field-bicycle").fill(text)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/repair/1$"))


def test_who_has_no_rights_and_who_may_only_watch(
    workshop: Workshop, open_window: OpenWindow
) -> None:
    eve = open_window(workshop.url)
    eve.expect_problems("403")
    page = eve.open("/live/")
    sign_in(page, "eve")
    expect(page.get_by_role("heading", name="This is not for you")).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("eve")
    assert page.goto("/live/tables/repair").status == 403
    bob = open_window(workshop.url)
    bob.expect_problems("403")
    page = bob.open("/live/tables/repair/1")
    sign_in(page, "bob")
    wait_live(page)
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    assert page.goto("/live/tables/repair/1/edit").status == 403


def test_signing_out_of_the_host_stops_its_pages(
    workshop: Workshop, open_window: OpenWindow
) -> None:
    ann = open_window(workshop.url)
    ann.expect_problems("401")
    page = ann.open("/live/tables/repair")
    sign_in(page, "ann")
    wait_live(page)
    host = ann.context.new_page()
    host.goto("/")
    host.get_by_role("button", name="Sign out ann").click()
    expect(page.locator("[data-notices]")).to_contain_text("You were signed out")
    page.get_by_role("link", name="Sign in again").click()
    sign_in(page, "bob")
    wait_live(page)
    assert page.url.endswith("/live/tables/repair")
    expect(page.get_by_role("banner")).to_contain_text("bob")


def test_editing_together(start: Start, open_window: OpenWindow) -> None:
    with start(streaming="hub") as workshop:
        pages = []
        for window in (open_window(workshop.url), open_window(workshop.url)):
            pages.append(window.open("/live/tables/repair/1/edit"))
            sign_in(pages[-1], "ann")
        for page in pages:
            expect(page.locator("[data-company]")).to_have_text(
                "You are editing this in another window."
            )
            page.goto("about:blank")


def test_boards_and_links(workshop: Workshop, open_window: OpenWindow) -> None:
    page = open_window(workshop.url).open("/live/tables/boards/new")
    sign_in(page, "ann")
    page.locator("#field-title").fill("Today")
    page.locator("#field-slug").fill("today")
    page.get_by_role("button", name="Add", exact=True).click()
    page.goto("/live/boards/today")
    page.locator(".title-actions").get_by_role("link", name="Add a panel").click()
    page.locator("#field-title").fill("In work")
    page.locator("#field-table_name").fill("repair")
    page.locator("#field-query").fill("_col=bicycle&_col=state")
    page.get_by_role("button", name="Add", exact=True).click()
    page.goto("/live/boards/today")
    wait_live(page)
    expect(page.get_by_text("Old postman's bicycle")).to_be_visible()
    workshop.repair(2, bicycle="Young postman's bicycle")
    expect(page.get_by_text("Young postman's bicycle")).to_be_visible()
    link = share(page)
    assert link.startswith(f"{workshop.url}/live/shared/")
    screen = open_window(workshop.url).open_live(link)
    page.goto("/live/boards/today?wall")
    expect(page.get_by_text("Young postman's bicycle")).to_be_visible()
    workshop.repair(2, bicycle="The postman's bicycle")
    for each in (screen, page):
        expect(each.get_by_text("The postman's bicycle")).to_be_visible()


def share(page: Page) -> str:
    page.goto("/live/boards/today/share")
    page.get_by_label("What it's for").fill("The wall")
    page.get_by_role("button", name="Make a link").click()
    return page.get_by_label("The link").input_value()


PAGES = [
    "/live/",
    "/live/tables/repair",
    "/live/tables/repair/1",
    "/live/tables/repair/1/edit",
    "/live/views",
    "/live/tables/nothing",
]


def test_its_pages_are_whole(workshop: Workshop, open_window: OpenWindow) -> None:
    ann = open_window(workshop.url)
    ann.expect_problems("404")
    page = ann.open("/live/")
    sign_in(page, "ann")
    for path in PAGES:
        page.goto(path)
        assert violations(page) == [], path
        links = page.eval_on_selector_all(
            "[href], [src], [action]",
            "all => all.map((each) => each.getAttribute('href') ?? each.getAttribute('src')"
            " ?? each.getAttribute('action'))",
        )
        strays = [each for each in links if each.startswith("/") and not each.startswith("/live")]
        assert set(strays) == {"/"}, path  # The host's, by one's name.


def violations(page: Page) -> list[Any]:
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    return [each for each in results.response["violations"] if each["impact"] != "minor"]

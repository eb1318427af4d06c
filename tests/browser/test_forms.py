"""Forms as people use them: by keyboard, by touch, at the same time, and when things go wrong."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from dashboard.demo.models import Flight
from dashboard.views.setup import new_token
from tests.browser.conftest import FLIGHTS
from tests.support.browser import PASSWORD, OpenWindow
from tests.support.server import Server, running
from tests.support.shop import Customer, Order
from tests.support.site import add_user, change_flight, fill, flights_to

pytestmark = pytest.mark.browser

SAVE = {"name": "Save", "exact": True}


def stored(server: Server, flight: int) -> Flight:
    with server.sessions() as session:
        return session.get_one(Flight, flight)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(60):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab doesn't lead to {selector}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_keyboard_is_enough(board: Server, open_window: OpenWindow) -> None:
    page = open_window(board).open("/sign-in?next=/tables/flights")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("ed")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)

    tab_to(page, "a[href$='/new']")
    press(page, "Enter")
    page.wait_for_url("**/new")
    page.locator("#field-destination[role=combobox]").wait_for()
    tab_to(page, "#field-scheduled")
    page.keyboard.type("07222013")
    press(page, "ArrowRight")
    page.keyboard.type("051500PM")
    names = {"carrier": "JetBlue", "origin": "La Guardia", "destination": "Logan"}
    for column, text in names.items():
        tab_to(page, f"#field-{column}")
        page.keyboard.type(text)
        page.locator(f"#field-{column}[aria-activedescendant]").wait_for()
        press(page, "Enter")
    page.locator("#field-number").focus()
    page.keyboard.type("4711")
    tab_to(page, "#field-status")
    page.keyboard.type("Del")
    tab_to(page, "button[type=submit].primary")
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/tables/flights/\d+$"))
    flight = int(page.url.rsplit("/", 1)[1])
    found = stored(board, flight)
    assert (found.carrier, found.origin, found.destination) == ("B6", "LGA", "BOS")
    assert (found.number, found.status) == (4711, "delayed")
    assert found.scheduled == datetime(2013, 7, 22, 17, 15)
    expect(page.locator("[data-notices]")).to_contain_text("was added")

    tab_to(page, "a[href$='/edit']")
    press(page, "Enter")
    page.wait_for_url("**/edit")
    tab_to(page, "#field-delay")
    page.keyboard.type("25")
    press(page, "Enter")
    page.wait_for_url(f"**/flights/{flight}")
    assert stored(board, flight).delay == 25

    tab_to(page, "a[href$='/delete']")
    press(page, "Enter")
    page.wait_for_url("**/delete")
    tab_to(page, "button.danger")
    press(page, "Enter")
    page.wait_for_url("**/tables/flights")
    with board.sessions() as session:
        assert session.get(Flight, flight) is None


def test_a_reference_is_picked_by_searching(board: Server, open_window: OpenWindow) -> None:
    flight = flights_to(board, "IAD")[0]
    window = open_window(board)
    window.expect_problems("422")
    page = window.sign_in("ed", f"/tables/flights/{flight}/edit")
    picker = page.get_by_role("combobox", name="Destination")
    expect(picker).to_have_value(re.compile("Dulles"))
    picker.fill("san fr")
    option = page.get_by_role("option", name="San Francisco")
    expect(option).to_have_attribute("aria-selected", "true")
    option.click()
    expect(picker).to_have_value(re.compile("San Francisco"))
    expect(page.locator("input[name=destination]")).to_have_value("SFO")
    page.get_by_role("button", **SAVE).click()
    page.wait_for_url(f"**/flights/{flight}")
    assert stored(board, flight).destination == "SFO"

    page.goto(f"/tables/flights/{flight}/edit")
    picker.fill("no such airport")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    press(page, "Escape")
    page.get_by_role("button", **SAVE).click()
    expect(page.get_by_role("alert")).to_contain_text("Destination")
    expect(picker).to_have_value("no such airport")


def test_errors_are_at_their_fields_and_the_text_is_kept(
    board: Server, open_window: OpenWindow
) -> None:
    flight = flights_to(board, "IAD")[1]
    window = open_window(board)
    window.expect_problems("422")
    page = window.sign_in("ed", f"/tables/flights/{flight}/edit")
    fill(page, number="many", delay="1.5", expected="")
    page.locator("#field-status").select_option("delayed")
    page.get_by_role("button", **SAVE).click()

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_count(2)
    expect(page.locator("#field-status")).to_have_value("delayed")
    for column, text in {"number": "many", "delay": "1.5"}.items():
        field = page.locator(f"#field-{column}")
        expect(field).to_have_value(text)
        expect(field).to_have_attribute("aria-invalid", "true")
        assert page.locator(f"#field-{column}-error").inner_text().strip()
    summary.get_by_role("link", name="Delay").click()
    expect(page.locator("#field-delay")).to_be_focused()

    fill(page, number="12", delay="15", destination="BOS")
    page.get_by_role("button", **SAVE).click()
    page.wait_for_url(f"**/flights/{flight}")
    found = stored(board, flight)
    assert (found.number, found.delay, found.destination) == (12, 15, "BOS")


def test_a_stale_save_shows_all_sides(board: Server, open_window: OpenWindow) -> None:
    flight = flights_to(board, "IAD")[2]
    change_flight(board, flight, delay=10, number=100)
    mine, theirs = open_window(board), open_window(board)
    mine.expect_problems("409")
    page = mine.sign_in("ed", f"/tables/flights/{flight}/edit")
    other = theirs.sign_in("ada", f"/tables/flights/{flight}/edit")
    fill(other, delay="20", number="200")
    other.locator("#field-status").select_option("delayed")
    other.get_by_role("button", **SAVE).click()
    other.wait_for_url(f"**/flights/{flight}")

    fill(page, delay="30", number="300")
    page.get_by_role("button", **SAVE).click()
    conflict = page.locator("[data-conflict]")
    expect(conflict).to_contain_text("ada saved it")
    texts = [row.inner_text() for row in conflict.locator("tbody tr").all()]
    sides = [re.sub(r"\s*(Take theirs|Keep mine)\s*", " ", text).split() for text in texts]
    assert ["Flight", "100", "200", "300"] in sides
    assert ["Delay", "10", "20", "30"] in sides
    assert ["Status", "Scheduled", "Delayed", "Scheduled"] in sides
    assert stored(board, flight).delay == 20

    # Mine is in the form where both changed a field, theirs where I did not.
    expect(page.locator("#field-delay")).to_have_value("30")
    expect(page.locator("#field-status")).to_have_value("delayed")
    page.get_by_role("button", name="Take theirs for Delay").click()
    expect(page.locator("#field-delay")).to_have_value("20")
    page.get_by_role("button", name="Keep mine for Status").click()
    expect(page.locator("#field-status")).to_have_value("scheduled")
    page.get_by_role("button", name="Take theirs for Status").click()
    page.get_by_role("button", **SAVE).click()
    page.wait_for_url(f"**/flights/{flight}")
    found = stored(board, flight)
    assert (found.delay, found.number, found.status) == (20, 300, "delayed")


def test_a_reference_in_a_conflict_can_be_taken(board: Server, open_window: OpenWindow) -> None:
    flight = flights_to(board, "IAD")[3]
    window = open_window(board)
    window.expect_problems("409")
    page = window.sign_in("ed", f"/tables/flights/{flight}/edit")
    change_flight(board, flight, destination="SFO")
    fill(page, destination="LAX")
    page.get_by_role("button", **SAVE).click()
    page.get_by_role("button", name="Take theirs for Destination").click()
    expect(page.locator("input[name=destination]")).to_have_value("SFO")
    page.get_by_role("button", **SAVE).click()
    page.wait_for_url(f"**/flights/{flight}")
    assert stored(board, flight).destination == "SFO"


def test_what_was_typed_survives_a_crash(board: Server, open_window: OpenWindow) -> None:
    flight = flights_to(board, "PBI")[0]
    page = open_window(board).sign_in("ed", f"/tables/flights/{flight}/edit")
    fill(page, delay="41", destination="Logan")
    page.get_by_role("option", name="Logan").click()
    page.locator("#field-status").select_option("delayed")
    page.reload()
    expect(page.locator("[data-notices]")).to_contain_text("is back; it isn't saved yet")
    expect(page.locator("#field-delay")).to_have_value("41")
    expect(page.locator("#field-status")).to_have_value("delayed")
    expect(page.get_by_role("combobox", name="Destination")).to_have_value(re.compile("Logan"))
    page.get_by_role("button", **SAVE).click()
    page.wait_for_url(f"**/flights/{flight}")
    found = stored(board, flight)
    assert (found.delay, found.destination, found.status) == (41, "BOS", "delayed")

    page.goto(f"/tables/flights/{flight}/edit")
    expect(page.locator("#field-delay")).to_have_value("41")
    assert page.locator("[data-notices]").inner_text() == ""
    fill(page, delay="42")
    page.reload()
    page.get_by_role("button", name="Discard it").click()
    expect(page.locator("[data-notices]")).to_have_text("")
    expect(page.locator("#field-delay")).to_have_value("41")


def test_a_draft_cannot_overwrite_what_was_saved_since(
    board: Server, open_window: OpenWindow
) -> None:
    flight = flights_to(board, "PBI")[4]
    window = open_window(board)
    window.expect_problems("409")
    page = window.sign_in("ed", f"/tables/flights/{flight}/edit")
    fill(page, delay="44")
    change_flight(board, flight, delay=55)
    page.reload()
    expect(page.locator("#field-delay")).to_have_value("44")
    page.get_by_role("button", **SAVE).click()
    expect(page.locator("[data-conflict]")).to_contain_text("55")
    assert stored(board, flight).delay == 55


def test_a_cleared_reference_stays_cleared(server: Server, open_window: OpenWindow) -> None:
    add_user(server, "ed", "editor")
    with server.sessions.begin() as session:
        session.add(Customer(id=1, name="Ann"))
        session.flush()
        session.add_all([Order(id=1, customer_id=1), Order(id=2, customer_id=1, replaces_id=1)])
    page = open_window(server).sign_in("ed", "/tables/shop_order/2/edit")
    fill(page, replaces_id="", note="cleared")
    page.reload()
    expect(page.locator("[data-notices]")).to_contain_text("is back")
    expect(page.locator("#field-replaces_id")).to_have_value("")
    page.get_by_role("button", **SAVE).click()
    page.wait_for_url("**/shop_order/2")
    with server.sessions() as session:
        assert session.get_one(Order, 2).replaces_id is None


def test_what_was_typed_survives_a_sign_out(board: Server, open_window: OpenWindow) -> None:
    flight = flights_to(board, "PBI")[1]
    window = open_window(board)
    window.expect_problems("40[03]")
    add_user(board, "eve", "editor")
    page = window.sign_in("eve", f"/tables/flights/{flight}/edit")
    fill(page, delay="43")
    other = window.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").click()
    other.get_by_role("banner").get_by_role("link", name="Sign in").wait_for()

    page.get_by_role("button", **SAVE).click()
    page.locator("main").get_by_role("link", name=re.compile("Sign in", re.IGNORECASE)).click()
    page.get_by_label("Name").fill("eve")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    if not page.url.endswith("/edit"):
        page.goto(f"/tables/flights/{flight}/edit")
    expect(page.locator("#field-delay")).to_have_value("43")
    page.get_by_role("button", **SAVE).click()
    page.wait_for_url(f"**/flights/{flight}")
    assert stored(board, flight).delay == 43


def test_the_first_admin_is_made_by_a_link(flights_database: str, open_window: OpenWindow) -> None:
    with running(flights_database, models=FLIGHTS, public=False) as server:
        token = new_token(server.registry)
        window = open_window(server)
        window.expect_problems("40[13]|41|422|ERR_|dynamically imported")
        page = window.open(f"/setup?token={token}")
        page.get_by_label("Name").fill("root")
        page.get_by_label("Password").fill("short")
        page.get_by_role("button", name="Make the user").click()
        expect(page.get_by_role("alert")).to_contain_text("at least 10 characters")
        expect(page.get_by_label("Name")).to_have_value("root")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Make the user").click()
        page.wait_for_url(server.url + "/")
        expect(page.get_by_title("Signed in as root, admin")).to_be_visible()
        page.goto("/tables/people")
        expect(page.locator("tbody tr")).to_have_count(1)

        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in")
        page.goto(f"/setup?token={token}")
        expect(page.locator("main")).to_contain_text("has been made already")
        window.sign_in("root")
        expect(page.get_by_title("Signed in as root, admin")).to_be_visible()


def test_a_watcher_is_offered_nothing(board: Server, open_window: OpenWindow) -> None:
    flight = flights_to(board, "PBI")[2]
    window = open_window(board)
    window.expect_problems("403")
    page = window.sign_in("wanda", "/tables/flights?_size=5")
    for path in ("/tables/flights?_size=5", f"/tables/flights/{flight}"):
        page.goto(path)
        assert page.locator("main a[href$='/new'], main a[href$='/edit']").count() == 0
        assert page.locator("main a[href$='/delete'], main .danger").count() == 0
    for path in ("new", f"{flight}/edit", f"{flight}/delete"):
        answer = page.goto(f"/tables/flights/{path}")
        assert answer is not None
        assert answer.status == 403
        assert page.locator("main form").count() == 0


def test_a_phone_does_it_all(board: Server, open_window: OpenWindow) -> None:
    flight = flights_to(board, "PBI")[3]
    window = open_window(
        board, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = window.sign_in("ed", "/tables/flights?destination=PBI&_sort=scheduled")
    page.locator(f'tr[data-key="{flight}"] a').first.tap()
    page.wait_for_url(f"**/flights/{flight}")
    page.get_by_role("link", name="Edit").tap()
    page.wait_for_url("**/edit")
    fill(page, delay="12", destination="san fr")
    page.get_by_role("option", name="San Francisco").tap()
    page.get_by_role("button", **SAVE).tap()
    page.wait_for_url(f"**/flights/{flight}")
    found = stored(board, flight)
    assert (found.delay, found.destination) == (12, "SFO")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")

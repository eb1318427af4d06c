"""One stream per browser: its tabs share a connection, and none of them misses anything."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.changes import log
from dashboard.demo.models import Flight
from dashboard.models.people import User
from tests.browser.conftest import FLIGHTS
from tests.support.browser import OpenWindow, Window, wait_live
from tests.support.process import ServerProcess
from tests.support.server import Server, running
from tests.support.site import add_user, assert_fresh, cell, change_flight, flights_to
from tests.support.sse import EventStream

pytestmark = pytest.mark.browser

NO_WORKER = "delete globalThis.SharedWorker;"
NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });"
WAYS = {"worker": "", "leader": NO_WORKER, "own": NO_WORKER + NO_LOCKS}
"""What a browser lacks, by the way in which its tabs then share a stream, or don't."""

PLACES = ("ATL", "BOS", "CLT", "DEN", "DFW", "DTW", "FLL", "IAH", "LAX", "MCO", "MIA", "ORD")


def to(place: str) -> str:
    return f"/tables/flights?destination={place}&_sort=scheduled"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory, flights_file: Path) -> Iterator[Server]:
    """A flight board whose heart beats fast: a thread finds out by that that its client went."""
    path = shutil.copy(flights_file, tmp_path_factory.mktemp("shared") / "board.sqlite")
    with running(f"sqlite:///{path}", models=FLIGHTS, heartbeat=1) as server:
        add_user(server, "wanda", "watcher")
        add_user(server, "ada", "admin")
        yield server


@pytest.fixture(params=["worker", "leader"])
def open_sharing(request: pytest.FixtureRequest, open_window: OpenWindow) -> OpenWindow:
    """Opens windows whose tabs share their stream in one of the two ways."""

    def open_sharing(server: Server | str, way: str = request.param) -> Window:
        window = open_window(server)
        window.context.add_init_script(WAYS[way])
        return window

    return open_sharing


def open_tab(window: Window, path: str) -> Page:
    page = window.context.new_page()
    page.goto(path, wait_until="domcontentloaded")
    wait_live(page)
    return page


def streams(server: Server) -> int:
    """Return how many streams the server has open."""
    return server.hub.metrics.streams + server.registry["dashboard.stream_limit"].open


def wait_for_streams(page: Page, server: Server, count: int) -> None:
    deadline = time.monotonic() + 10
    while streams(server) != count:
        assert time.monotonic() < deadline, f"{streams(server)} streams are open, not {count}"
        page.wait_for_timeout(50)


def test_ten_tabs_have_one_connection(board: Server, open_sharing: OpenWindow) -> None:
    window = open_sharing(board)
    tabs = [open_tab(window, to(place)) for place in PLACES[:10]]
    wait_for_streams(tabs[0], board, 1)
    for tab, place in zip(tabs, PLACES, strict=False):
        flight = flights_to(board, place)[0]
        change_flight(board, flight, delay=(delay := random.randint(1000, 9999)))
        expect(cell(tab, flight, "delay")).to_have_text(f"{delay}")

    started = time.monotonic()
    eleventh = open_tab(window, to(PLACES[10]))
    took = time.monotonic() - started
    print(f"\nThe eleventh page was loaded and live within {took * 1000:.0f} ms")
    assert took < 5
    wait_for_streams(eleventh, board, 1)
    for tab in [*tabs, eleventh]:
        expect(tab.locator("[data-badge]")).to_have_attribute("data-state", "live")
        assert_fresh(tab)


def test_a_later_tab_has_views_of_its_own(board: Server, open_sharing: OpenWindow) -> None:
    window = open_sharing(board)
    first = open_tab(window, to("SEA"))
    flights = flights_to(board, "PHL")
    change_flight(board, flights[0], delay=301)
    second = open_tab(window, f"/tables/flights/{flights[0]}")
    third = open_tab(window, to("PHL"))
    for delay, tabs in ((302, 2), (303, 1)):
        change_flight(board, flights[0], delay=delay)
        expect(cell(third, flights[0], "delay")).to_have_text(str(delay))
        if tabs == 2:
            history = second.locator("[data-target=history] > li.change")
            expect(history.first).to_contain_text(str(delay))
            second.close()
    home = open_tab(window, "/")
    other = flights_to(board, "SEA")[0]
    change_flight(board, other, destination="PHL", delay=304)
    expect(cell(first, other, "delay")).to_have_count(0)
    expect(cell(third, other, "delay")).to_have_text("304")
    home.close()
    assert_fresh(first)
    assert_fresh(third)


def test_closing_the_first_tab_costs_the_others_nothing(
    board: Server, open_sharing: OpenWindow
) -> None:
    """The first tab leads, where there is no worker. A record's history tells every change."""
    window = open_sharing(board)
    flight = min(flights_to(board, "SJU"), key=lambda each: history_length(board, each))
    before = history_length(board, flight)
    tabs = [open_tab(window, f"/tables/flights/{flight}"), open_tab(window, to("SJU"))]
    tabs.append(open_tab(window, f"/tables/flights/{flight}"))
    wait_for_streams(tabs[0], board, 1)
    history = tabs[2].locator("[data-target=history] > li.change")
    changes = 40 - before
    with writing(lambda number: change_flight(board, flight, delay=2000 + number), changes):
        for tab, seen in zip(tabs[:2], (10, 20), strict=True):
            history.nth(before + seen).wait_for()
            tab.close()
    expect(history.first).to_contain_text(str(2000 + changes - 1))
    expect(history).to_have_count(before + changes)
    wait_for_streams(tabs[2], board, 1)


KEEP_PATCHES = """
globalThis.late = [];
globalThis.BroadcastChannel = class extends BroadcastChannel {
  constructor(name) {
    super(name);
    this.addEventListener("message", ({ data }) => {
      if (data.name === "patch") late.push([name, data]);
    });
  }
};"""


def test_what_a_former_leader_sent_comes_too_late(board: Server, open_window: OpenWindow) -> None:
    window = open_window(board)
    window.context.add_init_script(NO_WORKER + KEEP_PATCHES)
    leader, other = open_tab(window, "/"), open_tab(window, to("MSP"))
    flight = flights_to(board, "MSP")[0]
    change_flight(board, flight, delay=801)
    expect(cell(other, flight, "delay")).to_have_text("801")
    leader.close()
    change_flight(board, flight, delay=802)
    expect(cell(other, flight, "delay")).to_have_text("802")
    known = other.evaluate("() => late.length")
    other.evaluate("() => new BroadcastChannel(late[0][0]).postMessage(late[0][1])")
    other.wait_for_function("(known) => late.length > known", arg=known)
    assert cell(other, flight, "delay").inner_text() == "802"


def history_length(server: Server, flight: int) -> int:
    with server.sessions() as session:
        return len(log.history(session, "flights", [flight]))


@contextmanager
def writing(write: Callable[[int], None], times: int, pause: float = 0.03) -> Iterator[None]:
    """Call ``write`` in a thread of its own, so often; end when it's through."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            for number in range(times):
                write(number)
                time.sleep(random.uniform(0, 2 * pause))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(timeout=60)
    assert not failures, failures


def test_tabs_come_and_go_in_a_storm_of_edits(board: Server, open_sharing: OpenWindow) -> None:
    chance = random.Random(11)
    window = open_sharing(board)
    flights = [flight for place in PLACES[:4] for flight in flights_to(board, place)[:8]]
    paths = [to(place) for place in PLACES[:4]] + [
        "/",
        f"/tables/flights/{flights[0]}",
        "/tables/flights?_sort_desc=delay&_size=20",
        "/tables/flights?destination__in=ATL,BOS&_sort_desc=delay&_size=20",
    ]
    writer = random.Random(12)

    def edit(number: int) -> None:
        flight = writer.choice(flights)
        if writer.random() < 0.3:
            change_flight(board, flight, destination=writer.choice(PLACES[:4]))
        else:
            change_flight(board, flight, delay=writer.randint(1, 3000))

    tabs = [open_tab(window, path) for path in paths[:2]]
    with writing(edit, 120):
        for _ in range(12):
            if len(tabs) > 5 or (len(tabs) > 2 and chance.random() < 0.3):
                tabs.pop(chance.randrange(len(tabs))).close()
            elif chance.random() < 0.2:
                chance.choice(tabs).reload(wait_until="domcontentloaded")
            else:
                tab = window.context.new_page()
                tab.goto(chance.choice(paths), wait_until="domcontentloaded")
                tabs.append(tab)
    for tab in tabs:
        wait_live(tab)
    wait_for_streams(tabs[0], board, 1)
    for tab in tabs:
        assert_same_as_fresh(tab)


LIVE_PARTS = """() => [...document.querySelectorAll("[data-view] [data-target]")].map((part) => {
  const copy = part.cloneNode(true);
  copy.querySelectorAll("[data-flash]").forEach((each) => each.removeAttribute("data-flash"));
  copy.removeAttribute("data-flash");
  return copy.innerHTML.replace(/\\s+/g, " ").replace(/> </g, "><").trim();
})"""


def assert_same_as_fresh(page: Page) -> None:
    """Check that every live part of a page becomes what a fresh load has; nobody writes now."""
    fresh = page.context.new_page()
    fresh.goto(page.url)
    wanted = fresh.evaluate(LIVE_PARTS)
    fresh.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and page.evaluate(LIVE_PARTS) != wanted:
        page.wait_for_timeout(50)
    for patched, loaded in zip(page.evaluate(LIVE_PARTS), wanted, strict=True):
        assert patched == loaded, f"{page.url}:\n{patched}\n\nis not\n\n{loaded}"


def test_a_server_that_comes_back_has_all_tabs_again(
    flights_database: str, open_sharing: OpenWindow
) -> None:
    with ServerProcess(flights_database, models=FLIGHTS, heartbeat=1) as server:
        window = open_sharing(server.url)
        window.expect_problems("ERR_")
        tabs = [open_tab(window, path) for path in ("/", to("SFO"), to("LAS"))]
        server.kill()
        for tab in tabs:
            expect(tab.locator("[data-badge]")).to_have_attribute("data-state", "reconnecting")
        with running(flights_database, models=FLIGHTS) as meanwhile:
            flights = [flights_to(meanwhile, place)[2] for place in ("SFO", "LAS")]
            for flight in flights:
                change_flight(meanwhile, flight, delay=707)
        server.start()
        for tab in tabs:
            expect(tab.locator("[data-badge]")).to_have_attribute(
                "data-state", "live", timeout=20_000
            )
        for tab, flight in zip(tabs[1:], flights, strict=True):
            expect(cell(tab, flight, "delay")).to_have_text("707")
            assert_fresh(tab)


def test_signing_out_stops_all_tabs_and_signing_in_begins_anew(
    board: Server, open_sharing: OpenWindow
) -> None:
    window = open_sharing(board)
    window.expect_problems("403|401")
    window.sign_in("wanda")
    tabs = [open_tab(window, to("SAN")), open_tab(window, to("SLC"))]
    window.page.get_by_role("button", name="Sign out").click()
    for tab in tabs:
        expect(tab.locator("[data-badge]")).to_have_attribute("data-state", "ended")
        expect(tab.locator("[data-notices]")).to_contain_text("You were signed out")
    window.sign_in("ada")
    wait_live(window.page)
    people = open_tab(window, "/tables/people")
    flight = flights_to(board, "SAN")[0]
    tabs[0].reload()
    wait_live(tabs[0])
    change_flight(board, flight, delay=555)
    expect(cell(tabs[0], flight, "delay")).to_have_text("555")
    add_user(board, f"new {random.random()}", "watcher")
    people.wait_for_function("() => document.body.textContent.includes('new 0.')")
    expect(tabs[1].locator("[data-badge]")).to_have_attribute("data-state", "ended")


def test_who_signs_in_elsewhere_sees_the_new_rights_everywhere(
    board: Server, open_sharing: OpenWindow
) -> None:
    window = open_sharing(board)
    anonymous = open_tab(window, "/")
    expect(anonymous.locator("[data-key=people]")).to_have_count(0)
    window.sign_in("ada")
    wait_live(window.page)
    expect(anonymous.locator("[data-key=people]")).to_have_count(1)
    assert_same_as_fresh(anonymous)


def test_a_lost_right_stops_only_the_tab_that_needs_it(
    board: Server, open_sharing: OpenWindow
) -> None:
    name = f"eve {random.random()}"
    add_user(board, name, "admin")
    window = open_sharing(board)
    window.expect_problems("403|401")
    window.sign_in(name)
    people, flights = open_tab(window, "/tables/people"), open_tab(window, to("RDU"))
    with board.sessions.begin() as session:
        session.query(User).filter_by(name=name).one().role = "watcher"
    expect(people.locator("[data-badge]")).to_have_attribute("data-state", "ended")
    flight = flights_to(board, "RDU")[0]
    change_flight(board, flight, delay=444)
    expect(cell(flights, flight, "delay")).to_have_text("444", timeout=15_000)
    expect(flights.locator("[data-badge]")).to_have_attribute("data-state", "live")


BROKEN_WORKERS = {
    "refused": "globalThis.SharedWorker = function () { throw new DOMException('no') };",
    "missing": """{ const Real = SharedWorker; globalThis.SharedWorker = function (_, options) {
        return new Real('/static/0/js/not-there.js', options); } }""",
}


@pytest.mark.parametrize("broken", BROKEN_WORKERS)
def test_without_a_usable_worker_a_tab_leads(
    board: Server, open_window: OpenWindow, broken: str
) -> None:
    window = open_window(board)
    window.expect_problems("not-there|404")
    window.context.add_init_script(BROKEN_WORKERS[broken])
    tabs = [open_tab(window, to(place)) for place in PLACES[:3]]
    wait_for_streams(tabs[0], board, 1)
    flight = flights_to(board, PLACES[2])[0]
    change_flight(board, flight, delay=333)
    expect(cell(tabs[2], flight, "delay")).to_have_text("333")


def test_without_anything_to_share_by_each_tab_has_its_own(
    board: Server, open_window: OpenWindow
) -> None:
    window = open_window(board)
    window.context.add_init_script(WAYS["own"])
    tabs = [open_tab(window, to(place)) for place in PLACES[:2]]
    wait_for_streams(tabs[0], board, 2)
    for tab, place in zip(tabs, PLACES, strict=False):
        flight = flights_to(board, place)[1]
        change_flight(board, flight, delay=334)
        expect(cell(tab, flight, "delay")).to_have_text("334")


@pytest.fixture
def quick(flights_database: str) -> Iterator[Server]:
    """A server whose heart beats fast, so that what is silent is found soon."""
    with running(flights_database, models=FLIGHTS, heartbeat=0.3) as server:
        yield server


HANG = """(seconds) => setTimeout(() => {
  new BroadcastChannel("hangs").postMessage({});
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end);
})"""


HEAR_WHO_HANGS = """() => {
  globalThis.hanging = new Promise((heard) => {
    globalThis.hangs = new BroadcastChannel("hangs");
    hangs.onmessage = () => heard(true);
  });
}"""


def test_a_tab_that_hung_catches_up(quick: Server, open_sharing: OpenWindow) -> None:
    """It answers no heartbeat for so long that it's forgotten, as a tab is that was frozen."""
    window = open_sharing(quick)
    first, hung = open_tab(window, to("DEN")), open_tab(window, to("DTW"))
    flights = flights_to(quick, "DTW")
    hung.evaluate(HANG, 4)
    with EventStream(f"{quick.url}/changes") as heart:
        for number, flight in enumerate(flights[:5]):
            change_flight(quick, flight, delay=600 + number)
            for _ in range(2):
                next(heart.only("ping"))
    expect(cell(hung, flights[4], "delay")).to_have_text("604")
    change_flight(quick, flights[5], delay=605)
    expect(cell(hung, flights[5], "delay")).to_have_text("605")
    assert_fresh(hung)
    flight = flights_to(quick, "DEN")[0]
    change_flight(quick, flight, delay=606)
    expect(cell(first, flight, "delay")).to_have_text("606")


def test_a_leader_that_hangs_is_replaced(quick: Server, open_window: OpenWindow) -> None:
    window = open_window(quick)
    window.context.add_init_script(NO_WORKER)
    leader, other = open_tab(window, to("DEN")), open_tab(window, to("DTW"))
    flight = flights_to(quick, "DTW")[0]
    other.evaluate(HEAR_WHO_HANGS)
    leader.evaluate(HANG, 12)
    started = time.monotonic()
    other.evaluate("() => hanging")
    change_flight(quick, flight, delay=701)
    expect(cell(other, flight, "delay")).to_have_text("701", timeout=20_000)
    assert time.monotonic() - started < 12
    mine = flights_to(quick, "DEN")[0]
    change_flight(quick, mine, delay=702)
    expect(cell(leader, mine, "delay")).to_have_text("702", timeout=20_000)
    change_flight(quick, flight, delay=703)
    expect(cell(other, flight, "delay")).to_have_text("703")
    wait_for_streams(other, quick, 1)


def test_more_views_than_a_stream_takes(board: Server, open_window: OpenWindow) -> None:
    """Long addresses fill the line of a request: then there is a second stream."""
    window = open_window(board)
    tabs = []
    for number in range(4):
        tabs.append(open_tab(window, f"{to('TPA')}&carrier__not=no{number}{'x' * 1900}"))
    wait_for_streams(tabs[0], board, 2)
    flight = flights_to(board, "TPA")[0]
    change_flight(board, flight, delay=888)
    for tab in tabs:
        expect(cell(tab, flight, "delay")).to_have_text("888")


def test_a_flight_that_goes_is_gone_in_every_tab(board: Server, open_sharing: OpenWindow) -> None:
    window = open_sharing(board)
    tabs = [open_tab(window, to("PIT")) for _ in range(3)]
    flight = flights_to(board, "PIT")[0]
    with board.sessions.begin() as session:
        session.delete(session.get_one(Flight, flight))
    for tab in tabs:
        expect(cell(tab, flight, "delay")).to_have_count(0)
        assert_fresh(tab)

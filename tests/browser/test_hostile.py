"""Two hundred hostile texts in every text column: shown as text, run by nobody, forging nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.exc import StatementError

from dashboard.catalog import Catalog
from dashboard.catalog.values import encode_key
from dashboard.views.paths import Paths
from tests.support.browser import PASSWORD, OpenWindow
from tests.support.hostile import COUNT, HOSTILE, SHORT, SURROGATES, as_shown, parse_stream
from tests.support.server import Server, running
from tests.support.shop import Customer, Line, Order, Tag
from tests.support.site import add_user
from tests.support.sse import EventStream

pytestmark = pytest.mark.browser

TABLES = ("customer", "shop_order", "line", "tag")
SENTINEL = "the last one"

CELLS = """(columns) => Object.fromEntries(
  [...document.querySelectorAll("[data-target=rows] > tr")].map((row) => [
    row.dataset.key,
    columns.map((name) => {
      const cell = row.querySelector(`[data-column="${name}"]`);
      return [cell.textContent, cell.title];
    }),
  ]))"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Server]:
    """The shop, with a customer, an order, a line and a tag for each of the texts."""
    path = shutil.copy(migrated, tmp_path_factory.mktemp("shop") / "shop.sqlite")
    with running(f"sqlite:///{path}", heartbeat=1) as server:
        add_user(server, "ed", "editor")
        with server.sessions.begin() as session:
            for number, text in enumerate(HOSTILE, 1):
                session.add(Customer(id=number, name=text, email=text, secret="never shown"))
                session.add(Order(id=number, customer_id=number, note=text))
                session.add(Line(order_id=number, number=1, product=text))
            session.add_all(Tag(name=text) for text in SHORT)
        yield server


def open_table(open_window: OpenWindow, server: Server, name: str) -> Page:
    """Open a whole table live, in its own window, in the order of the key."""
    return open_window(server).open_live(f"/tables/{name}?_size=max")


def assert_harmless(page: Page) -> None:
    assert page.evaluate("() => window.pwned") is None
    assert page.evaluate("() => document.baseURI === location.href")
    assert page.locator("script").count() == 1


def assert_cells(page: Page, column: str, texts: dict[str, str], *, link: bool = False) -> None:
    """Check the text of each row's cell, and of its title where the cell is cut.

    A ``link`` that would be invisible says so.
    """
    found = page.evaluate(CELLS, [column])
    assert len(found) == len(texts)
    for key, text in texts.items():
        ((shown, title),) = found[key]
        blank = "(blank)" if link and not text.strip() else ""
        assert shown == blank + as_shown(text), key
        more = as_shown(text, None)[:1000] if len(text) > 160 else ""
        assert title == more, key


def numbered(texts: list[str], number: str = "{}") -> dict[str, str]:
    return {number.format(at): text for at, text in enumerate(texts, 1)}


@pytest.mark.parametrize("texts", [HOSTILE], ids=[f"{COUNT} texts"])
def test_they_are_texts_in_a_page_and_in_its_patches(
    shop: Server, open_window: OpenWindow, texts: list[str]
) -> None:
    customers, orders, lines = (open_table(open_window, shop, name) for name in TABLES[:3])
    assert_cells(customers, "name", numbered(texts))
    assert_cells(customers, "email", numbered(texts))
    assert_cells(orders, "note", numbered(texts))
    assert_cells(orders, "customer_id", numbered(texts), link=True)
    assert_cells(lines, "product", numbered(texts, "{},1"))

    rotated = [*texts[1:], texts[0]]
    with shop.sessions.begin() as session:
        for number, text in enumerate(rotated, 1):
            session.get_one(Customer, number).name = text
            session.get_one(Order, number).note = text
            session.get_one(Line, (number, 1)).product = text
    say_the_last(shop, Customer(id=COUNT + 1, name=SENTINEL))
    expect(customers.get_by_text(SENTINEL)).to_be_visible()
    say_the_last(shop, Order(id=COUNT + 1, customer_id=COUNT + 1, note=SENTINEL))
    expect(orders.get_by_text(SENTINEL)).to_have_count(2)
    say_the_last(shop, Line(order_id=COUNT + 1, number=1, product=SENTINEL))
    expect(lines.get_by_text(SENTINEL)).to_be_visible()

    rotated.append(SENTINEL)
    assert_cells(customers, "name", numbered(rotated))
    assert_cells(orders, "note", numbered(rotated))
    assert_cells(orders, "customer_id", numbered(rotated), link=True)
    assert_cells(lines, "product", numbered(rotated, "{},1"))
    for page in (customers, orders, lines):
        assert_harmless(page)
    assert "never shown" not in customers.content()


def say_the_last(server: Server, record: Any) -> None:
    with server.sessions.begin() as session:
        session.add(record)


def test_the_stream_has_no_event_but_its_own(shop: Server) -> None:
    """A client that reads as strictly as a browser does counts them."""
    views = "&".join(f"view=/tables/{quote(name)}%3F_size%3D1000" for name in TABLES)
    before = shop.registry["dashboard.broadcaster"].head().cursor
    with EventStream(f"{shop.url}/stream?{views}&since={before}") as page:
        with shop.sessions.begin() as session:
            for number, text in enumerate(HOSTILE, 1):
                session.get_one(Customer, number).name = text + "!"
                session.get_one(Order, number).note = text + "!"
                session.get_one(Line, (number, 1)).product = text + "!"
        # The feed replays what is in the log, and gets the last one as it is committed.
        with EventStream(f"{shop.url}/changes?since={before}") as feed:
            say_the_last(shop, Tag(name=SENTINEL))
            changes = read_until(feed, SENTINEL)
        patches = read_until(page, SENTINEL)

    assert {each.get("event") for each in patches} <= {"patch", "ping", None}
    assert all(each.keys() <= {"event", "data", "id", "retry"} for each in patches)
    assert sum("event" not in each for each in patches) == 1  # The first says when to come back.
    found = [json.loads(each["data"]) for each in patches if each.get("event") == "patch"]
    assert {each["view"] for each in found} == {f"/tables/{name}?_size=1000" for name in TABLES}

    told = [json.loads(each["data"]) for each in changes if each.get("event") == "change"]
    assert len(told) == 3 * COUNT + 1
    assert [each["seq"] for each in told] == list(range(told[0]["seq"], told[0]["seq"] + len(told)))
    names = [each["after"]["name"] for each in told if each["table"] == "customer"]
    assert sorted(names) == sorted(text + "!" for text in HOSTILE)


def read_until(stream: EventStream, text: str) -> list[dict[str, str]]:
    """Read the stream's bytes up to the event that has ``text`` in it; return all events."""
    data = b""
    while text.encode() not in data or not data.endswith(b"\n\n"):
        more = stream.response.read1(1 << 16)
        assert more, "the stream ended"
        data += more
    return parse_stream(data)


SAMPLE = [0, 39, 90, 101, COUNT - 3, COUNT - 1]


def test_records_show_them_whole(shop: Server, open_window: OpenWindow) -> None:
    page = open_window(shop).page
    fact = page.locator("[data-target=record] [data-key=note] dd")
    with shop.sessions.begin() as session:
        for at in SAMPLE:
            session.get_one(Order, at + 1).note = HOSTILE[at]
    for at in SAMPLE:
        text, other = HOSTILE[at], SHORT[at - 40]
        page.goto(f"/tables/shop_order/{at + 1}")
        page.locator("[data-badge][data-state=live]").wait_for()
        assert fact.evaluate("(dd) => dd.textContent") == as_shown(text, None)
        with shop.sessions.begin() as session:
            session.get_one(Order, at + 1).note = other
        page.wait_for_function(
            "([dd, text]) => dd.textContent === text",
            arg=[fact.element_handle(), as_shown(other, None)],
        )
        assert_harmless(page)


LABELS = """async (paths) => {
  const labels = [];
  for (const path of paths) {
    const answer = await fetch(path);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    labels.push([answer.status, page.querySelector("[data-target=title]")?.textContent,
      page.querySelector("[data-key=name] dd")?.textContent]);
  }
  return labels;
}"""


def test_keys_are_addresses_that_work(shop: Server, open_window: OpenWindow) -> None:
    """Each link of the table of tags, resolved as a browser does it, leads to its tag."""
    page = open_table(open_window, shop, "tag")
    links = page.evaluate(
        """() => [...document.querySelectorAll("[data-target=rows] td a")]
             .map((link) => [link.textContent, link.href])"""
    )
    texts = sorted(text.removeprefix("(blank)") for text, _ in links if text != SENTINEL)
    assert texts == sorted(map(as_shown, SHORT))

    answers = page.evaluate(LABELS, [href for _, href in links])
    assert {status for status, _, _ in answers} == {200}
    names = sorted(name for _, _, name in answers if name != SENTINEL)
    assert names == sorted(as_shown(each, None) for each in SHORT)


KEYS = ["..", "new", "a/b/edit", "a?b=c#d", "%2e%2e", "%", ",", "a\x00b", "a\r\nb", " "]


def test_hostile_keys_open_live_and_die(shop: Server, open_window: OpenWindow) -> None:
    window = open_window(shop)
    page = window.sign_in("ed")
    catalog = Catalog()
    catalog.add(Tag)
    for key in KEYS:
        page.goto(Paths().record("tag", encode_key(catalog["tag"], [key])))
        page.locator("[data-badge][data-state=live]").wait_for()
        fact = page.locator("[data-target=record] [data-key=name] dd")
        assert fact.evaluate("(dd) => dd.textContent") == as_shown(key, None)
        page.get_by_role("link", name="Delete").click()
        page.get_by_role("button", name="Delete").click()
        page.wait_for_url("**/tables/tag")
        with shop.sessions.begin() as session:
            assert session.get(Tag, key) is None
            session.add(Tag(name=key))
        assert_harmless(page)


def test_forms_take_them_as_they_are(shop: Server, open_window: OpenWindow) -> None:
    orders = open_table(open_window, shop, "shop_order")
    with httpx.Client(base_url=shop.url) as client:
        sign_in(client)
        for number, text in enumerate(HOSTILE, 1):
            answer = post(client, f"/tables/shop_order/{number}/edit", note=text)
            assert answer.status_code == (422 if "\x00" in text else 303), repr(text[:80])
        for text in SURROGATES:
            body = b"note=" + quote(text, errors="surrogatepass").encode()
            answer = post(client, "/tables/shop_order/1/edit", body=body)
            assert answer.status_code == 400
        for number, text in enumerate(SHORT, 1):
            answer = post(client, f"/tables/customer/{number}/edit", name=text)
            refused = "\x00" in text or len(text) > 200
            assert answer.status_code == (422 if refused else 303), repr(text[:80])

    with shop.sessions() as session:
        notes = {row.id: row.note for row in session.execute(sa.select(Order.id, Order.note))}
    for number, text in enumerate(HOSTILE, 1):
        if "\x00" not in text:
            assert (notes[number] or "").replace("\r\n", "\n") == re.sub("\r\n?", "\n", text)
    say_the_last(shop, Order(id=COUNT + 2, customer_id=1, note="the very last one"))
    expect(orders.get_by_text("the very last one")).to_be_visible()
    found = orders.evaluate(CELLS, ["note"])
    for number, note in notes.items():
        assert found[str(number)][0][0] == ("—" if note is None else as_shown(note))
    assert_harmless(orders)


def sign_in(client: httpx.Client) -> None:
    token = token_in(client.get("/sign-in").text)
    form = {"csrf_token": token, "name": "ed", "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 303


def token_in(html: str) -> str:
    found = re.search('name="csrf_token" value="([^"]+)"', html)
    assert found
    return found[1]


def post(
    client: httpx.Client, path: str, *, body: bytes | None = None, **texts: str
) -> httpx.Response:
    """Send a form as it was rendered, with ``texts`` changed, or with ``body`` behind it."""
    html = client.get(path).text
    version = re.search('name="_version" value="([^"]*)"', html)
    assert version
    form = {"csrf_token": token_in(html), "_version": version[1], **texts}
    if body is None:
        return client.post(path, data=form)
    data = httpx.QueryParams(form)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.post(path, content=str(data).encode() + b"&" + body, headers=headers)


@pytest.mark.parametrize("text", SURROGATES, ids=ascii)
def test_half_a_character_is_stored_by_no_way(shop: Server, text: str) -> None:
    with pytest.raises((StatementError, UnicodeEncodeError)), shop.sessions.begin() as session:
        session.add(Tag(name=text))


def test_questions_may_be_hostile_too(shop: Server, open_window: OpenWindow) -> None:
    """Searches and filters come back in the page: in the box, the chips, links and the stream."""
    page = open_window(shop).page
    ask: Callable[[list[str]], list[int]] = lambda paths: page.evaluate(  # noqa: E731
        "async (paths) => Promise.all(paths.map(async (path) => (await fetch(path)).status))", paths
    )
    page.goto("/")
    short = [quote(text, safe="") for text in SHORT if "\x00" not in text]
    paths = [f"/tables/tag?_search={text}&name__contains={text}&_size=1" for text in short]
    assert {*ask(paths)} == {200}
    for at in (0, 2, 27, 38, 41, 48, 71, 85, 120):
        text = quote(SHORT[at], safe="")
        page.goto(f"/tables/customer?name={text}&_search={text}&email__not={text}")
        assert_harmless(page)
    for bad in ("/tables/customer?name=%ED%A0%80", "/tables/customer?_search=%00"):
        window = open_window(shop)
        window.expect_problems("400")
        answer = window.page.goto(bad)
        assert answer is not None
        assert answer.status == 400
        assert_harmless(window.page)

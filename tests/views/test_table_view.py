"""A table's live view: what a page shows and what leads from one state to the next."""

from __future__ import annotations

from urllib.parse import urlencode

from tests.support.page import fetch
from tests.support.server import Server
from tests.support.shop import Customer
from tests.support.sse import EventStream


def test_a_row_that_moves_without_looking_different(server: Server) -> None:
    with server.sessions.begin() as session:
        session.add_all(Customer(id=key, name=name) for key, name in enumerate("abc", 1))
    address = f"{server.url}/tables/customer?_sort=name&_col=id"
    page = fetch(address)
    query = urlencode({"view": page.view.name, "since": page.cursor})
    with EventStream(f"{server.url}{page.stream}?{query}") as stream:
        with server.sessions.begin() as session:
            session.get_one(Customer, 1).name = "z"
        patch = next(stream.only("patch")).data
    assert [(each["op"], each["key"], each["place"]) for each in patch["ops"]] == [
        ("put", "1", "3")
    ]
    page.view.apply(patch)
    assert list(page.view.rows) == ["2", "3", "1"]
    assert page.view.shown() == fetch(address).view.shown()


def test_rows_say_why_they_go(server: Server) -> None:
    """One is deleted, one fails the filter, and one is pushed from the page by another."""
    with server.sessions.begin() as session:
        session.add_all(Customer(id=key, name=name) for key, name in enumerate("bcdef", 1))
    address = f"{server.url}/tables/customer?name__not=z&_sort=name&_size=4"
    page = fetch(address)
    query = urlencode({"view": page.view.name, "since": page.cursor})
    with EventStream(f"{server.url}{page.stream}?{query}") as stream:
        with server.sessions.begin() as session:
            session.delete(session.get_one(Customer, 1))
            session.get_one(Customer, 2).name = "z"
            session.get_one(Customer, 3).name = "w"
            session.add_all(Customer(id=key, name="a") for key in (6, 7))
        patch = next(stream.only("patch")).data
    reasons = {each["key"]: each["reason"] for each in patch["ops"] if each["op"] == "remove"}
    assert reasons == {"1": "deleted", "2": "unmatched", "3": "left"}

"""GRIP on the wire: addresses, headers, and what fits into one request."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.streaming.edge import Address, Channel, GoOn, Hold, Item, last_ids
from dashboard.streaming.edge.control import bodies

KEY = "k" * 32


def test_an_address_names_the_port_and_the_key() -> None:
    assert Address.parse(f"http://edge:5561/?key={KEY}") == Address(
        "http://edge:5561", KEY.encode()
    )
    encoded = "base64:++//" + "A" * 40
    assert Address.parse(f"http://edge:5561/?key={encoded}").key == b"\xfb\xef\xff" + bytes(30)


@pytest.mark.parametrize(
    "text",
    ["edge:5561", f"ftp://edge/?key={KEY}", "http://edge/", "http://edge/?key=changeme",
     "http://edge/?key=base64:no!"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"key|control port"):
        Address.parse(text)


def test_headers() -> None:
    channel = Channel("feed", "e-1", ("require-sub",))
    assert Hold([channel, Channel("b")], "/next", 0.2, {"user": "admin"}).headers() == [
        ("Grip-Hold", "stream"),
        ("Grip-Channel", "feed; prev-id=e-1; filter=require-sub"),
        ("Grip-Channel", "b"),
        ("Grip-Set-Meta", 'user="admin"'),
        ("Grip-Link", "</next>; rel=next; timeout=1"),
    ]
    assert GoOn("/next").headers() == [("Grip-Link", "</next>; rel=next")]


def test_last_ids() -> None:
    assert last_ids("feed; last-id=e-7, ticket; last-id=0") == {"feed": "e-7", "ticket": "0"}
    assert last_ids("junk, a; b") == last_ids(None) == {}


@given(st.lists(st.binary(max_size=80).map(bytes.hex), max_size=30))
def test_bodies_hold_all_items_in_order(texts: list[str]) -> None:
    items = [
        Item("feed", text.encode(), id=str(number), prev_id=str(number - 1))
        for number, text in enumerate(texts)
    ]
    sent = list(bodies(items, largest=200))
    assert all(len(body) < 300 for body in sent)
    found = [item for body in sent for item in json.loads(body)["items"]]
    assert len(found) == len(items)
    for item, each in zip(items, found, strict=True):
        if len(json.dumps(item.to_json(), separators=(",", ":"))) <= 200:
            assert each == item.to_json()
        else:
            # Nothing that could pass for the next: who listens has to ask.
            assert each == {"channel": "feed", "formats": {"http-stream": {"action": "hint"}}}

"""The wire format, against a parser written from the standard's own algorithm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.streaming.sse import encode


def interpret(stream: bytes) -> list[dict[str, str]]:
    """Interpret an event stream as section 9.2.6 of the HTML standard says."""
    events: list[dict[str, str]] = []
    last_id, data, name = "", "", ""
    text = stream.decode("utf-8").removeprefix("\ufeff")
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        field, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                events.append({"event": name or "message", "data": data[:-1], "id": last_id})
            data = name = ""
        elif field == "" and colon:
            continue
        elif field == "event":
            name = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


@pytest.mark.parametrize(
    ("event", "wire"),
    [
        ({"data": "hello"}, b"data: hello\n\n"),
        ({"data": ""}, b"data: \n\n"),
        ({"data": "a\nb\r\nc\rd"}, b"data: a\ndata: b\ndata: c\ndata: d\n\n"),
        ({"data": {"a": [1, None, "é"]}}, b'data: {"a":[1,null,"\\u00e9"]}\n\n'),
        ({"data": "é\u2028"}, "data: é\u2028\n\n".encode()),
        ({"data": "\ud800"}, b"data: ?\n\n"),
        ({"data": ["\ud800"]}, b'data: ["\\ud800"]\n\n'),
        ({"event": "ping", "data": 1, "id": "abc-1"}, b"id: abc-1\nevent: ping\ndata: 1\n\n"),
        ({"retry": 1500}, b"retry: 1500\n\n"),
        ({"id": "abc-2"}, b"id: abc-2\n\n"),
        ({}, b"\n"),
    ],
)
def test_the_wire(event: dict[str, Any], wire: bytes) -> None:
    assert encode(event) == wire


@pytest.mark.parametrize(
    "event",
    [
        {"event": "a\nb", "data": "x"},
        {"event": "a\rdata: forged", "data": "x"},
        {"id": "1\n\ndata: forged", "data": "x"},
        {"id": "a\0b", "data": "x"},
        {"retry": "soon"},
        {"retry": -1},
        {"retry": True},
        {"retry": 1.5},
        {"name": "x"},
        {"data": float("nan")},
        {"data": object()},
    ],
)
def test_what_would_break_the_wire_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        encode(event)


hostile = st.text(
    st.one_of(
        st.sampled_from("\r\n\0\u2028\u2029\ufeff: "), st.characters(exclude_categories=["Cs"])
    )
) | st.sampled_from(["data: forged", "\n\nevent: bye\ndata: {}\n\n", "id: x", "\r\rretry: 1\r\r"])


@given(st.lists(st.tuples(hostile, hostile)))
def test_texts_come_back_and_forge_nothing(pairs: list[tuple[str, str]]) -> None:
    wire = b"".join(
        encode({"event": "change", "id": f"e-{number}", "data": text})
        + encode({"event": "patch", "data": {"text": value}})
        for number, (text, value) in enumerate(pairs)
    )
    events = interpret(wire)
    assert len(events) == 2 * len(pairs)
    for number, (text, value) in enumerate(pairs):
        change, patch = events[2 * number : 2 * number + 2]
        assert (change["event"], change["id"]) == ("change", f"e-{number}")
        assert change["data"] == text.replace("\r\n", "\n").replace("\r", "\n")
        assert (patch["event"], json.loads(patch["data"])) == ("patch", {"text": value})

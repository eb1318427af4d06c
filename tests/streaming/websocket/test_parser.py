"""The boundary to what clients send: nothing but a message or a Violation comes out of it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Close

from dashboard.streaming.websocket.parser import (
    FRAMES_AT_ONCE,
    LARGEST_MESSAGE,
    Parser,
    Violation,
    read_message,
)
from dashboard.streaming.websocket.rate import Rate
from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

MESSAGE = json.dumps({"type": "subscribe", "topic": "/tables/tag?_search=ä"}).encode()


def feed(*data: bytes) -> tuple[list[bytes], Violation | None, Parser]:
    """Return the texts, and how it ended."""
    parser = Parser(now=0)
    texts: list[bytes] = []
    try:
        for each in data:
            texts.extend(parser.feed(each, now=0))
    except Violation as violation:
        return texts, violation, parser
    return texts, None, parser


def test_a_message() -> None:
    assert feed(frame(TEXT, MESSAGE))[:2] == ([MESSAGE], None)


def test_a_message_byte_by_byte() -> None:
    assert feed(*(bytes([each]) for each in frame(TEXT, MESSAGE)))[0] == [MESSAGE]


@given(st.lists(st.integers(0, len(MESSAGE)), max_size=8), st.booleans())
def test_fragments_with_control_frames_in_between(cuts: list[int], pinged: bool) -> None:
    places = [0, *sorted(cuts), len(MESSAGE)]
    parts = [MESSAGE[a:b] for a, b in pairwise(places)]
    data = b""
    for number, part in enumerate(parts):
        opcode = CONTINUATION if number else TEXT
        data += frame(opcode, part, fin=number == len(parts) - 1)
        if pinged and number < len(parts) - 1:
            data += frame(PING, b"p%d" % number) + frame(PONG, b"unasked")
    texts, violation, parser = feed(data)
    assert (texts, violation) == ([MESSAGE], None)
    pongs = b"".join(b"\x8a" + bytes([len(b"p%d" % n)]) + b"p%d" % n for n in range(len(parts) - 1))
    assert parser.answers == (pongs if pinged else b"")


BROKEN = {
    "unmasked": (frame(TEXT, MESSAGE, mask=None), 1002),
    "unmasked ping": (frame(PING, mask=None), 1002),
    "reserved bit": (frame(TEXT, MESSAGE, rsv=4), 1002),
    "compressed without having agreed to": (frame(TEXT, b"\xaa\x56", rsv=4), 1002),
    "unknown opcode": (frame(3, b"x"), 1002),
    "unknown control opcode": (frame(11, b"x"), 1002),
    "a continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
    "a second beginning": (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
    "a fragmented ping": (frame(PING, b"x", fin=False), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a close with half a code": (frame(CLOSE, b"\x03"), 1002),
    "a close with a bad code": (frame(CLOSE, (1005).to_bytes(2, "big")), 1002),
    "a close whose reason isn't UTF-8": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    "a close within a message": (frame(TEXT, b"a", fin=False) + frame(CLOSE, b""), 1002),
    "binary": (frame(BINARY, MESSAGE), 1003),
    "a binary fragment": (frame(BINARY, MESSAGE, fin=False), 1003),
    "oversized": (frame(TEXT, b"", length=LARGEST_MESSAGE + 1), 1009),
    "oversized beyond reason": (frame(TEXT, b"", length=2**62), 1009),
    "oversized in fragments": (
        frame(TEXT, b"x" * LARGEST_MESSAGE, fin=False) + frame(CONTINUATION, b"x"),
        1009,
    ),
    "too many": (frame(PING) * (FRAMES_AT_ONCE + 1), 1008),
    "too many empty fragments": (
        frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * FRAMES_AT_ONCE,
        1008,
    ),
}


@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN.keys())
def test_what_breaks_the_protocol_has_its_close_code(data: bytes, code: int) -> None:
    texts, violation, _ = feed(data)
    assert violation is not None
    assert violation.code == code
    Close(violation.code, violation.reason).serialize()
    assert len(violation.reason.encode()) <= 123
    assert texts == []


def test_an_oversized_message_is_refused_before_it_is_there() -> None:
    assert feed(frame(TEXT, b"", length=LARGEST_MESSAGE + 1)[:10])[1] is not None


def test_what_came_before_a_violation_is_a_message() -> None:
    texts, violation, _ = feed(frame(TEXT, MESSAGE) + frame(3))
    assert texts == [MESSAGE]
    assert violation is not None


def test_a_close_is_answered() -> None:
    _, violation, parser = feed(frame(CLOSE, b"\x03\xe8bye") + b"anything")
    assert violation is None
    assert parser.closed
    assert parser.answers == b"\x88\x05\x03\xe8bye"


def test_the_rate_fills_up_again() -> None:
    rate = Rate(per_second=10, at_once=2, now=0)
    assert [rate.allows(1, now=0) for _ in range(3)] == [True, True, False]
    assert [rate.allows(1, now=0.1) for _ in range(2)] == [True, False]
    assert [rate.allows(1, now=60) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff", 1007),
        (b"\xed\xa0\x80", 1007),
        (b"\xc0\xaf", 1007),
        (b"", 1008),
        (b"null", 1008),
        (b"[]", 1008),
        (b"{}", 1008),
        (b'{"type":1}', 1008),
        (b'{"type":"x","id":NaN}', 1008),
        (b'{"type":"x","a":1' + b"0" * 5000 + b"}", 1008),
        (b'{"type":"x","a":' + b"[" * 100_000, 1008),
        (b'{"type":"x","a":"\\ud800"}', 1008),
        (b'{"type":"x","\\udfff":1}', 1008),
    ],
    ids=lambda each: str(each)[:30],
)
def test_what_is_no_message(data: bytes, code: int) -> None:
    with pytest.raises(Violation) as raised:
        read_message(data)
    assert raised.value.code == code


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert read_message(b'{"type":"\\ud83d\\ude00"}') == {"type": "😀"}


@given(st.binary(max_size=300))
def test_any_text_is_a_message_or_a_violation(data: bytes) -> None:
    try:
        assert isinstance(read_message(data)["type"], str)
    except Violation as violation:
        assert violation.code in (1007, 1008)


FRAMES = st.builds(
    frame,
    st.integers(0, 15),
    st.binary(max_size=200),
    fin=st.booleans(),
    rsv=st.sampled_from([0, 0, 0, 1, 4]),
    mask=st.sampled_from([b"\0\0\0\0", b"abcd", b"abcd", None]),
    length=st.sampled_from([None, None, None, 0, 5, 300, 70_000, 2**63 - 1, 2**63]),
)
PIECES = st.lists(st.one_of(FRAMES, st.binary(max_size=40), st.just(frame(TEXT, MESSAGE))))


@given(PIECES, st.integers(1, 50))
def test_any_bytes_are_messages_or_a_violation(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    texts, violation, parser = feed(*(data[at : at + size] for at in range(0, len(data), size)))
    assert all(isinstance(each, bytes) for each in texts)
    if violation is not None:
        assert violation.code in (1002, 1003, 1007, 1008, 1009)
        Close(violation.code, violation.reason).serialize()
    whole, again, _ = feed(data)
    assert texts == whole
    assert (None if again is None else again.code) == (violation and violation.code)
    held: Any = parser._parts
    assert sum(map(len, held)) <= LARGEST_MESSAGE

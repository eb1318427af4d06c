"""What a client of a WebSocket sends: bytes in, whole messages out, within limits."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side

from dashboard.streaming.websocket.rate import Rate

LARGEST_MESSAGE = 256 * 1024
"""Bytes of one message, in however many fragments."""

FRAMES_PER_SECOND = 50
FRAMES_AT_ONCE = 200
BYTES_OF_A_FRAME = 8 * 1024
"""What a client may send: frames of every kind, since fragments and pings are work as messages
are. A longer frame counts as several."""

LONGEST_REASON = 100

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

quiet = logging.getLogger(__name__)


class Violation(Exception):
    """The client broke a rule; ``code`` and ``reason`` are those to close with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason[:LONGEST_REASON]


class Parser:
    """Feed it what was read. ``answers`` are frames that are due at once: pongs, and the close.

    ``heard`` tells whether anything has come since it was last set to False: a client that talks
    is alive, whether it answers pings first or not.
    """

    __slots__ = ("_opcode", "_parts", "_protocol", "_rate", "heard")

    def __init__(self, now: float) -> None:
        self._protocol = Protocol(Side.SERVER, max_size=LARGEST_MESSAGE, logger=quiet)
        self._rate = Rate(FRAMES_PER_SECOND, FRAMES_AT_ONCE, now)
        self._parts: list[bytes] = []
        self._opcode = Opcode.TEXT
        self.heard = True

    def feed(self, data: bytes, now: float) -> Iterator[bytes]:
        """Yield the texts that are whole now. Raises Violation; it takes nothing after that."""
        self.heard = True
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            assert isinstance(frame, Frame)
            if not self._rate.allows(1 + len(frame.data) / BYTES_OF_A_FRAME, now):
                raise Violation(CloseCode.POLICY_VIOLATION, "rate")
            text = self._whole(frame)
            if text is not None:
                yield text
        error = self._protocol.parser_exc
        if error is not None:
            close = self._protocol.close_sent or Close(CloseCode.PROTOCOL_ERROR, "")
            raise Violation(close.code, close.reason) from error

    @property
    def answers(self) -> bytes:
        return b"".join(self._protocol.data_to_send())

    @property
    def closed(self) -> bool:
        """Whether the client has said that it ends, and ``answers`` had the answer to that."""
        return self._protocol.close_rcvd is not None

    def _whole(self, frame: Frame) -> bytes | None:
        """Return the text that a frame completes, if it does."""
        if frame.opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE):
            return None
        if frame.opcode is not Opcode.CONT:
            self._opcode = frame.opcode
        if self._opcode is not Opcode.TEXT:
            raise Violation(CloseCode.UNSUPPORTED_DATA, "messages are JSON in text frames")
        self._parts.append(bytes(frame.data))
        if not frame.fin:
            return None
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def read_message(data: bytes) -> dict[str, Any]:
    """Return the message that a text is. Raises Violation for what can't be one."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Violation(CloseCode.INVALID_DATA, "not UTF-8") from error
    try:
        message = json.loads(text, parse_constant=_refuse)
        if _SURROGATE.search(text):
            # JSON can name half of a character, which nothing can store.
            json.dumps(message, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Violation(CloseCode.POLICY_VIOLATION, "not JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Violation(CloseCode.POLICY_VIOLATION, "a message is an object with a type")
    return message


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON.")

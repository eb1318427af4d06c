"""A WebSocket on the hub, and its subscriptions: streams that share one connection."""

from __future__ import annotations

import contextlib
import logging
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from websockets.frames import CloseCode

from dashboard.changes import Ended
from dashboard.streaming.connection import Connection
from dashboard.streaming.framing import MESSAGES
from dashboard.streaming.source import Shareable
from dashboard.streaming.sse import Event
from dashboard.streaming.stream import Keeper, Stream
from dashboard.streaming.websocket.dialogue import (
    Acknowledge,
    Answer,
    Dialogue,
    Enter,
    Leave,
    Step,
    Subscribe,
    Unsubscribe,
)
from dashboard.streaming.websocket.frames import PING, close_frame, message_frame
from dashboard.streaming.websocket.gatherings import Gatherings
from dashboard.streaming.websocket.parser import Parser, Violation, read_message

logger = logging.getLogger(__name__)

MOST_SUBSCRIPTIONS = 50

CODES: Mapping[str, int] = {
    "auth": CloseCode.POLICY_VIOLATION,
    "lifetime": CloseCode.NORMAL_CLOSURE,
    "shutdown": CloseCode.GOING_AWAY,
    "overflow": CloseCode.TRY_AGAIN_LATER,
    "silent": CloseCode.INTERNAL_ERROR,
    "failed": CloseCode.INTERNAL_ERROR,
}
"""The close code for each reason of the server's own. The reason is the close frame's text."""

OF_THE_SOCKET = frozenset({"auth", "lifetime", "shutdown"})
"""Reasons that end the socket, not one of its subscriptions alone."""

Result = TypeVar("Result")


class SocketKeeper(Keeper, Protocol):
    """What a socket asks of the hub, besides what every stream does."""

    gatherings: Gatherings

    @property
    def room(self) -> bool: ...

    def now(self) -> float: ...

    def add(self, stream: Stream) -> None: ...

    def resume(self, subscription: Subscription) -> None: ...

    def ask(
        self,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        stream: Stream,
    ) -> None: ...

    def later(self, work: Callable[[], None]) -> None: ...


class WebSocket(Stream):
    """Its own source has no events: it's there for heartbeats and for doubts of the permission.

    While it is in doubt (``channel`` is None) nothing is written but what subscriptions have
    asked about by themselves. Messages are handled one at a time, and nothing is read meanwhile.
    """

    __slots__ = (
        "_busy",
        "_close",
        "_dialogue",
        "_greeted",
        "_held",
        "_parser",
        "_stale",
        "_texts",
        "places",
        "subscriptions",
    )

    _keeper: SocketKeeper

    def __init__(self, dialogue: Dialogue, until: float, keeper: SocketKeeper) -> None:
        super().__init__(dialogue.source, MESSAGES, until, keeper)
        self.subscriptions: dict[str, Subscription] = {}
        self.places: set[str] = set()
        self._dialogue = dialogue
        self._parser = Parser(keeper.now())
        self._texts: deque[bytes] = deque()
        self._busy = self._greeted = False
        self._held: Answer | None = None
        self._stale: set[str] = set()
        self._close: tuple[int, str] | None = None

    # What comes in.

    def received(self, data: bytes) -> None:
        if self.ending:
            self._await_close(data)
            return
        try:
            self._texts.extend(self._parser.feed(data, self._keeper.now()))
        except Violation as violation:
            self.violated(violation)
            return
        answers = self._parser.answers
        if answers:
            self.write(answers)
        if self._parser.closed:
            self._keeper.end(self, "closed")
        self._next()

    def _await_close(self, data: bytes) -> None:
        """Close the connection once the client has said goodbye too; what else it says is late."""
        with contextlib.suppress(Violation):
            for _ in self._parser.feed(data, self._keeper.now()):
                pass
        if self._parser.closed:
            self._keeper.drop(self)

    def violated(self, violation: Violation) -> None:
        """Close, and say which rule was broken."""
        self._close = violation.code, violation.reason
        self._keeper.end(self, "violation")

    def _next(self) -> None:
        """Have the next message handled on another thread; read on where there is none."""
        if self._busy or self.ending or self.connection is None or self._held is not None:
            return
        self._busy = bool(self._texts)
        self.connection.read_on(not self._busy)
        if self._busy:
            text = self._texts.popleft()
            self._keeper.ask(lambda: self._handle(text), self._handled, self)

    def _handle(self, text: bytes) -> Answer | Violation | Ended:
        try:
            return self._dialogue.handle(read_message(text))
        except (Violation, Ended) as over:
            return over
        except Exception:
            logger.exception("A message of a WebSocket failed; its client will come back.")
            return Ended("failed")

    def _handled(self, answer: Answer | Violation | Ended) -> None:
        self._busy = False
        if self.ending or self.connection is None:
            self._throw_away(answer)
            self._keeper.later(self._dialogue.close)
        elif isinstance(answer, Violation):
            self.violated(answer)
        elif isinstance(answer, Ended):
            self._keeper.end(self, answer.reason)
        elif self.channel is None:
            self._held = answer  # The permission may be gone; whether it is will be known soon.
        else:
            self._answer(answer)
            self._next()

    def _throw_away(self, answer: Answer | Violation | Ended) -> None:
        if isinstance(answer, Answer) and isinstance(answer.step, Subscribe):
            self._keeper.later(answer.step.source.close)

    def _answer(self, answer: Answer) -> None:
        refusal = self._refusal(answer.step)
        if refusal is not None:
            self._throw_away(answer)
            status, text = refusal
            self.say({"type": "error", "id": answer.id, "status": status, "text": text})
            return
        if answer.reply is not None:
            self.say(answer.reply)
        self._do(answer.step)

    def _refusal(self, step: Step | None) -> tuple[int, str] | None:
        """Return why a step can't be taken, as a status of HTTP and a sentence."""
        match step:
            case Subscribe(source=source) if source.name in self.subscriptions:
                return 409, f"{source.name} is subscribed to already."
            case Subscribe() if len(self.subscriptions) >= MOST_SUBSCRIPTIONS:
                return 429, f"A socket has {MOST_SUBSCRIPTIONS} subscriptions at most."
            case Subscribe() if not self._keeper.room:
                return 503, "All streams of this server are taken; try again later."
            case Unsubscribe(topic=topic) if topic not in self.subscriptions:
                return 404, f"{topic[:200]} is not subscribed to."
            case Acknowledge(topic=topic, cursor=cursor):
                found = self.subscriptions.get(topic)
                if found is None or not found.awaits(cursor):
                    return 404, "No such event waits to be acknowledged."
        return None

    def _do(self, step: Step | None) -> None:
        match step:
            case Subscribe(source=source, window=window):
                subscription = Subscription(self, source, window, self._keeper)
                self.subscriptions[subscription.topic] = subscription
                self._keeper.add(subscription)
            case Unsubscribe(topic=topic):
                self._keeper.drop(self.subscriptions[topic])
            case Acknowledge(topic=topic, cursor=cursor):
                self.subscriptions[topic].acknowledge(cursor)
            case Enter(place=place):
                self.places.add(place)
                self._keeper.gatherings.enter(place, self)
            case Leave(place=place):
                self.places.discard(place)
                self._keeper.gatherings.leave(place, self)

    # What goes out.

    def joined(self) -> None:
        """The permission stands: say what has waited for that."""
        if not self._greeted:
            self._greeted = True
            self.say(self._dialogue.hello())
        stale, self._stale = self._stale, set()
        for place in stale & self.places:
            self._keeper.gatherings.enter(place, self)
        held, self._held = self._held, None
        if held is not None:
            self._answer(held)
        self._next()

    def say(self, message: Mapping[str, Any]) -> None:
        self.write(message_frame(message))

    def tell(self, place: str, frame: bytes) -> None:
        """Send who is at a place, or find it out again once the permission is known to stand."""
        if self.channel is None:
            self._stale.add(place)
        else:
            self.write(frame)

    def write(self, data: bytes) -> None:
        if not self.ending:
            super().write(data)

    def beat(self) -> None:
        if not self._parser.heard and not self._busy:
            self._keeper.end(self, "silent")
            return
        self._parser.heard = False
        self.write(PING)

    # The end.

    def end(self, reason: str) -> None:
        """Send the close frame, after which the client closes the connection, or time does."""
        self.ending = True
        if self.connection is None:
            return
        self._let_go()
        if reason != "closed":  # What the client began was answered by the parser.
            self.connection.drop_backlog()
            self.connection.write(close_frame(*self._close_code(reason)))
        if self.connection is not None:
            self.connection.read_on(True)
            self.connection.close_when_sent()

    def _close_code(self, reason: str) -> tuple[int, str]:
        return self._close or (CODES.get(reason, CloseCode.INTERNAL_ERROR), reason)

    def taken(self) -> None:
        # Closed at once, with something unread, it might not reach the client (RFC 6455, 7.1.1).
        if self.connection is not None:
            self.connection.shut_writing()

    def failed(self) -> None:
        self._keeper.end(self, "failed")

    def close(self) -> None:
        super().close()
        if not self.ending:
            self._let_go()

    def _let_go(self) -> None:
        """Leave everything; the dialogue when it has answered the message that it's at."""
        for each in list(self.subscriptions.values()):
            self._keeper.drop(each)
        for place in self.places:
            self._keeper.gatherings.leave(place, self)
        if self._held is not None:
            self._throw_away(self._held)
        if not self._busy:
            self._keeper.later(self._dialogue.close)


class Subscription(Stream):
    """A stream whose events go out as messages of its socket.

    With a ``window`` it waits for acknowledgements: what was sent and has a cursor is
    ``_under_way`` until it, or something after it, is acknowledged.
    """

    __slots__ = ("_socket", "_under_way", "position", "topic", "window")

    _keeper: SocketKeeper

    def __init__(
        self, socket: WebSocket, source: Shareable, window: int | None, keeper: SocketKeeper
    ) -> None:
        super().__init__(source, MESSAGES, math.inf, keeper)
        self.topic = source.name
        self.connection: Connection | None = socket.connection
        self.window = window
        self.position: str | None = None
        """The cursor to go on from, where it has left its channel to wait."""
        self._socket = socket
        self._under_way: deque[str] = deque()

    def write(self, data: bytes) -> None:
        self._socket.write(data)

    @property
    def counts(self) -> bool:
        return self.window is not None

    @property
    def full(self) -> bool:
        return self.window is not None and len(self._under_way) >= self.window

    def count(self, events: Sequence[Event]) -> None:
        if self.window is not None:
            self._under_way.extend(str(each["id"]) for each in events if each.get("id"))

    def awaits(self, cursor: str) -> bool:
        return cursor in self._under_way

    def acknowledge(self, cursor: str) -> None:
        waited = self.full
        while self._under_way.popleft() != cursor:
            pass
        if waited and not self.full:
            self._keeper.resume(self)

    def pause(self) -> None:
        """It is full, and has left its channel."""
        self.position = self._under_way[-1]

    def ends_with(self, reason: str) -> Stream:
        return self._socket if reason in OF_THE_SOCKET else self

    def end(self, reason: str) -> None:
        self._socket.say({"type": "ended", "topic": self.topic, "reason": reason})
        self._keeper.drop(self)

    def failed(self) -> None:
        self._keeper.end(self, "failed")

    def close(self) -> None:
        self.connection = None
        self._socket.subscriptions.pop(self.topic, None)

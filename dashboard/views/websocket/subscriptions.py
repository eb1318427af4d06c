"""``subscribe``, ``unsubscribe``, ``ack``: the events of ``/stream`` and ``/changes``."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from dashboard.streaming import Shareable
from dashboard.streaming.websocket.dialogue import Acknowledge, Answer, Subscribe, Unsubscribe
from dashboard.views.changes import feed_of
from dashboard.views.errors import BadInput
from dashboard.views.paths import Paths
from dashboard.views.stream import stream_of
from dashboard.views.websocket.talk import Message, Talk, text_in

LARGEST_WINDOW = 10_000


def subscribe(talk: Talk, message: Message) -> Answer:
    topic = text_in(message, "topic")
    since = None if message.get("since") is None else text_in(message, "since")
    window = message.get("window")
    if window is not None and not (type(window) is int and 1 <= window <= LARGEST_WINDOW):
        raise BadInput("window", f"window is a number from 1 to {LARGEST_WINDOW:,}.")
    source = source_of(talk, topic, since)
    return Answer({"type": "subscribed", "topic": source.name}, Subscribe(source, window))


def source_of(talk: Talk, topic: str, since: str | None) -> Shareable:
    """Return the events of the page or the feed whose address ``topic`` is."""
    parts = urlsplit(topic)
    if parts.path != Paths().changes():
        return stream_of(talk, [topic], since)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if any(name != "table" for name, _ in pairs):
        raise BadInput("topic", "/changes takes table= and nothing else here.")
    return feed_of(talk, {table for _, table in pairs}, since)


def unsubscribe(talk: Talk, message: Message) -> Answer:
    topic = text_in(message, "topic")
    return Answer({"type": "unsubscribed", "topic": topic}, Unsubscribe(topic))


def acknowledge(talk: Talk, message: Message) -> Answer:
    """What is in order isn't answered: it would be a message for each event."""
    step = Acknowledge(text_in(message, "topic"), text_in(message, "cursor"))
    return Answer(None, step)


HANDLERS = {"subscribe": subscribe, "unsubscribe": unsubscribe, "ack": acknowledge}

"""GRIP on the wire: the headers of an answer that is held, and the items that are published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyramid.response import Response

from dashboard.streaming.sse import HEADERS

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Channel:
    """What a held stream listens to.

    With ``prev_id``, the id of the last item that the client has, the edge sends an item only
    where its own ``prev_id`` is that, and asks the link for what is missing otherwise.
    ``filters`` are names that the edge knows.
    """

    name: str
    prev_id: str | None = None
    filters: tuple[str, ...] = ()

    def header(self) -> str:
        parts = [self.name]
        if self.prev_id is not None:
            parts.append(f"prev-id={self.prev_id}")
        return "; ".join([*parts, *(f"filter={each}" for each in self.filters)])


@dataclass(frozen=True, slots=True)
class Item:
    """Something to send to all who listen to a channel.

    Without ``content`` it has them ask their links again. ``meta`` is for their filters.
    """

    channel: str
    content: bytes | None
    id: str | None = None
    prev_id: str | None = None
    meta: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        how = {"action": "hint"} if self.content is None else {"content": self.content.decode()}
        item: dict[str, Any] = {"channel": self.channel, "formats": {"http-stream": how}}
        if self.id is not None:
            item["id"] = self.id
        if self.prev_id is not None:
            item["prev-id"] = self.prev_id
        if self.meta:
            item["meta"] = dict(self.meta)
        return item


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold the stream and send what comes on ``channels``.

    The edge asks ``link``, a path, for what is missing, and every ``ask`` seconds besides: whole
    ones, since it knows no others, and one at least. ``meta`` is for the channels' filters.
    """

    channels: Sequence[Channel]
    link: str
    ask: float
    meta: Mapping[str, str] = field(default_factory=dict)

    def headers(self) -> Headers:
        return [
            ("Grip-Hold", "stream"),
            *(("Grip-Channel", each.header()) for each in self.channels),
            *(("Grip-Set-Meta", f'{name}="{value}"') for name, value in self.meta.items()),
            ("Grip-Link", f"<{self.link}>; rel=next; timeout={max(1, round(self.ask))}"),
        ]


@dataclass(frozen=True, slots=True)
class GoOn:
    """Go on at once with what ``link`` answers: this was a part only.

    ``channels`` say what a stream had before it. Pushpin takes them when it has the head, and
    asks again from there if we are gone before the body has arrived.
    """

    link: str
    channels: Sequence[Channel] = ()

    def headers(self) -> Headers:
        named = [("Grip-Channel", each.header()) for each in self.channels]
        return [*named, ("Grip-Link", f"<{self.link}>; rel=next")]


def answer(body: bytes, then: Hold | GoOn | None) -> Response:
    """Return the answer that sends ``body`` to the client; None lets the stream end with it."""
    response = Response(content_type="text/event-stream", charset="utf-8", body=body)
    response.headers.update(HEADERS)
    response.headers.extend(then.headers() if then is not None else [])
    return response


def last_ids(header: str | None) -> dict[str, str]:
    """Return the ids of the last items that a held stream got, by their channels' names.

    The edge tells them in the Grip-Last header when it asks a link.
    """
    found = {}
    for entry in (header or "").split(","):
        name, _, parameters = entry.partition(";")
        key, _, value = parameters.strip().partition("=")
        if key == "last-id":
            found[name.strip()] = value.strip()
    return found

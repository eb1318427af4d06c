"""Events on their way to clients: encoding, the ``event_source`` decorator, and the streams."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated

from dashboard.streaming.event_source import event_source, stream
from dashboard.streaming.limit import THREADS, StreamLimit, TooManyStreams
from dashboard.streaming.presence import LocalPresence, Presence
from dashboard.streaming.shared_presence import SharedPresence
from dashboard.streaming.source import Doubt, IterableSource, Shareable, Source
from dashboard.streaming.sse import Event, encode

__all__ = [
    "Doubt",
    "Event",
    "IterableSource",
    "LocalPresence",
    "Presence",
    "Shareable",
    "SharedPresence",
    "Source",
    "StreamLimit",
    "TooManyStreams",
    "encode",
    "event_source",
    "stream",
]


def _presence(config: Configurator) -> Presence:
    # An application that wants streams alone has neither log nor backplane.
    backplane = config.registry.get("dashboard.backplane")
    if backplane is None or backplane.kind == "local":
        return LocalPresence()
    broadcaster = config.registry["dashboard.broadcaster"]
    shared = SharedPresence(backplane, lambda: broadcaster.position.epoch)
    config.add_subscriber(lambda event: shared.start(), ApplicationCreated)
    return shared


def includeme(config: Configurator) -> None:
    settings = config.registry["dashboard.settings"]
    config.registry["dashboard.presence"] = _presence(config)
    config.registry["dashboard.stream_limit"] = StreamLimit(settings.max_streams or THREADS)

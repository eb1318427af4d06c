"""Streams that an edge holds: who came through it, and what it is told of commits."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.request import Request

from dashboard.settings import SettingsError
from dashboard.streaming.edge import Address, signature_of
from dashboard.streaming.edge.control import ControlPort
from dashboard.streaming.edge.publisher import Publisher
from dashboard.views.edge.items import Items


class ThroughEdge:
    """The view predicate ``through_edge=True``: the request was signed by the edge."""

    def __init__(self, value: bool, info: Any) -> None:
        self._value = value

    def text(self) -> str:
        return f"through_edge = {self._value}"

    phash = text

    def __call__(self, context: Any, request: Request) -> bool:
        signature = request.registry["dashboard.edge_signature"]
        return signature.vouches(request.headers.get("Grip-Sig")) is self._value


def includeme(config: Configurator) -> None:
    registry = config.registry
    url = registry["dashboard.settings"].edge
    if url is None:
        return
    try:
        address = Address.parse(url)
        registry["dashboard.edge_signature"] = signature_of(address)
    except ImportError as error:
        raise SettingsError(f"dashboard.edge needs dashboard[edge]: {error}") from error
    except ValueError as error:
        raise SettingsError(f"dashboard.edge: {error}.") from error
    port = ControlPort(address.url)
    items = Items(registry)
    heartbeat = registry["dashboard.settings"].heartbeat
    publisher = Publisher(port, registry["dashboard.broadcaster"].follow, items, heartbeat)
    registry["dashboard.edge"] = publisher
    config.add_subscriber(lambda event: publisher.start(), ApplicationCreated)
    config.add_view_predicate("through_edge", ThroughEdge)
    config.add_route("held-changes", "/changes/held")
    config.add_route("held-changes-first", "/changes/held/{ticket}")
    config.scan("dashboard.views.edge")

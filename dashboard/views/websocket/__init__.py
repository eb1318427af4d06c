"""``/ws``: what the messages of a WebSocket mean. docs/websocket.md has the protocol."""

from __future__ import annotations

from pyramid.config import Configurator

from dashboard.views.websocket import presence, subscriptions


def includeme(config: Configurator) -> None:
    # Packages that come after this one add their own: the forms' is `edit`.
    config.registry["dashboard.messages"] = {**subscriptions.HANDLERS, **presence.HANDLERS}

"""The talk with one client of ``/ws``: who it is, and the answer to each of its messages."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from pyramid.httpexceptions import HTTPException, HTTPForbidden
from pyramid.registry import Registry

from dashboard.catalog import Table
from dashboard.changes import Change, Ended
from dashboard.streaming import Presence
from dashboard.streaming.websocket.dialogue import Answer
from dashboard.views.access import Access
from dashboard.views.changes import ChangeFeed
from dashboard.views.errors import BadInput, is_unavailable
from dashboard.views.paths import Paths
from dashboard.views.security import Identity, may

log = logging.getLogger(__name__)

PROTOCOL = 1
LONGEST_ID = 100

Message = Mapping[str, Any]


class OwnStream(ChangeFeed):
    """The stream of the socket itself: of the changes it wants none, but they may end it."""

    __slots__ = ()

    def __init__(self, registry: Registry, access: Access) -> None:
        super().__init__(registry["dashboard.broadcaster"], None, access, set())
        self.key = ("socket",)

    @property
    def name(self) -> str:
        return ""

    def wants(self, change: Change) -> bool:
        return False


class Talk:
    """A Dialogue. It is what a handler gets in place of a request, whose names it has."""

    def __init__(self, registry: Registry, identity: Identity | None, paths: Paths) -> None:
        self.registry = registry
        self.identity = identity
        self.paths = paths
        self.access = Access(registry, identity)
        self.source = OwnStream(registry, self.access)
        self.id = secrets.token_hex(8)
        self.places: set[str] = set()

    @property
    def presence(self) -> Presence:
        found: Presence = self.registry["dashboard.presence"]
        return found

    def allow(self, permission: str, table: Table) -> None:
        """Raise HTTPForbidden unless the person has a permission for a table."""
        settings = self.registry["dashboard.settings"]
        if not may(self.identity, settings, permission, table):
            raise HTTPForbidden("Your role doesn't allow this.")

    def hello(self) -> dict[str, Any]:
        settings = self.registry["dashboard.settings"]
        return {
            "type": "hello",
            "protocol": PROTOCOL,
            "id": self.id,
            "user": None if self.identity is None else self.identity.name,
            "heartbeat": settings.heartbeat,
        }

    def handle(self, message: Message) -> Answer:
        """Answer a message, having asked whether the person may still be heard."""
        refused = self.access.refusal()
        if refused is not None:
            raise Ended(refused)
        id_ = message.get("id")
        try:
            answer = self._handler(message)(self, message)
        except Ended:
            raise
        except Exception as error:
            answer = Answer({"type": "error", **_told(error)})
            id_ = id_ if _is_id(id_) else None
        reply = None if answer.reply is None else {**answer.reply, "id": id_}
        return Answer(reply, answer.step, id_)

    def _handler(self, message: Message) -> Callable[[Talk, Message], Answer]:
        if not _is_id(message.get("id")):
            raise BadInput("id", f"id is a number or a text of {LONGEST_ID} characters at most.")
        handlers: dict[str, Any] = self.registry["dashboard.messages"]
        handler = handlers.get(message["type"])
        if handler is None:
            raise BadInput("type", f"type is one of {', '.join(sorted(handlers))}.")
        found: Callable[[Talk, Message], Answer] = handler
        return found

    def close(self) -> None:
        for place in self.places:
            self.presence.leave(place, self.id)


def text_in(message: Message, name: str) -> str:
    """Return a message's text; raise BadInput where there is none."""
    value = message.get(name)
    if not isinstance(value, str) or not value:
        raise BadInput(name, f"{name} is missing, or is no text.")
    return value


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_ID
    return value is None or (isinstance(value, int) and abs(value) < 2**53)


def _told(error: Exception) -> dict[str, Any]:
    """Return what a client is told of an error: the same as in an answer of HTTP."""
    if isinstance(error, HTTPException):
        parameter = getattr(error, "parameter", None)
        more = {"parameter": parameter} if parameter else {}
        return {"status": error.code, "text": error.detail or error.explanation, **more}
    if isinstance(error, UnicodeDecodeError):
        return {"status": 400, "text": "The address has bytes that aren't UTF-8."}
    if is_unavailable(error):
        log.warning("The database is not available: %s", error)
        return {"status": 503, "text": "The database can't be reached or is busy; try again."}
    incident = secrets.token_hex(4)
    log.error("Incident %s: a message of a WebSocket failed.", incident, exc_info=error)
    text = f"It is our fault, not yours. If you report it, say it is incident {incident}."
    return {"status": 500, "text": text, "incident": incident}

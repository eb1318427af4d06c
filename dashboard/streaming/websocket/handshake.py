"""The opening handshake of a WebSocket (RFC 6455, 4.2), as a WSGI application can have it."""

from __future__ import annotations

from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPException,
    HTTPNotImplemented,
    HTTPServerError,
)
from pyramid.request import Request
from pyramid.response import Response
from websockets.datastructures import Headers
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from dashboard.streaming.handover import OFFER, HandedOverSocket, Offer
from dashboard.streaming.limit import TooManyStreams
from dashboard.streaming.websocket.dialogue import Dialogue

NAMES = (
    "Connection",
    "Upgrade",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Protocol",
)


class UpgradeRequired(HTTPBadRequest):
    """The request is a plain one, for an address that speaks WebSocket alone."""

    code = 426
    title = "Upgrade Required"
    explanation = "This address speaks WebSocket only; /stream and /changes have the same events."


class NoWebSockets(HTTPNotImplemented):
    """The server that the program runs on can't hand a socket over."""

    explanation = (
        "This server can't carry WebSockets. /stream and /changes have the same events; "
        "the program's own server, `use = egg:dashboard`, has WebSockets too."
    )


class OldProtocol(HTTPServerError):
    code = 505
    title = "HTTP Version Not Supported"
    explanation = "WebSockets need HTTP/1.1; a proxy may have to be told to speak it."


def check(request: Request) -> str:
    """Return the answer to a handshake's key. Raises HTTPException for what is none."""
    asked = request.headers.get("Upgrade", "").lower() == "websocket"
    if not asked:
        raise UpgradeRequired(UpgradeRequired.explanation)
    offer: Offer | None = request.environ.get(OFFER)
    if offer is None:
        raise NoWebSockets(NoWebSockets.explanation)
    if request.http_version != "HTTP/1.1":
        raise OldProtocol(OldProtocol.explanation)
    if not offer.room:
        raise TooManyStreams(offer.limit)
    headers = Headers((name, request.headers[name]) for name in NAMES if name in request.headers)
    # No extensions are offered, so that there's no compression: a secret and what an attacker
    # chose would be compressed together, and each socket would need its own 64 kB and more.
    response = ServerProtocol().accept(Handshake(request.path, headers))
    if response.status_code != 101:
        raise _refused(response.status_code, bytes(response.body).decode())
    return response.headers["Sec-WebSocket-Accept"]


def _refused(status: int, text: str) -> HTTPException:
    return UpgradeRequired(text.strip()) if status == 426 else HTTPBadRequest(text.strip())


def upgrade(request: Request, accept: str, dialogue: Dialogue) -> Response:
    """Return the response after which the connection is a WebSocket of ``dialogue``."""
    body = HandedOverSocket(dialogue, request.environ[OFFER])
    response = Response(status=101, app_iter=body)
    response.headers.clear()
    response.headers["Sec-WebSocket-Accept"] = accept
    return response

"""``event_source``: turns a Pyramid view that returns or yields events into an SSE stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from pyramid.interfaces import IRequest
from pyramid.request import Request
from pyramid.response import Response
from pyramid.util import takes_one_arg

from dashboard.streaming.handover import OFFER, HandedOverStream, Offer
from dashboard.streaming.limit import StreamLimit, TooManyStreams
from dashboard.streaming.source import IterableSource, Shareable, Source
from dashboard.streaming.sse import HEADERS
from dashboard.streaming.threaded import ThreadedStream

View = Callable[..., Any]


def event_source(view: View) -> View:
    """Make ``view`` answer with ``text/event-stream``.

    The view takes ``request``, or ``context, request``, or is a method of a view class, and
    returns or yields events: dicts with ``event``, ``data``, ``id`` and ``retry``, each of them
    optional. Data that isn't a text is sent as JSON. A generator that has nothing to say for a
    while yields None, which lets a heartbeat out; it is closed when the client has gone. A view
    may return a Response too, which is passed on as it is.

    A generator runs after the request's transaction has ended: read from ``request.dbsession``
    in a view that returns an iterable, or open a session of its own.

    Answers 503 with Retry-After when ``dashboard.max_streams`` are open.
    """

    @wraps(view)
    def wrapper(*args: Any) -> Response:
        request, result = _call(view, args)
        if isinstance(result, Response):
            return result
        return stream(request, result)

    return wrapper


def stream(request: Request, events: Source | Iterable[Any]) -> Response:
    """Return the response that carries ``events`` to the client."""
    source = events if isinstance(events, Source) else IterableSource(events)
    try:
        body = _body(request, source)
    except Exception:
        source.close()
        raise
    response = Response(content_type="text/event-stream", charset="utf-8", app_iter=body)
    response.headers.update(HEADERS)
    return response


def _body(request: Request, source: Source) -> Iterable[bytes]:
    """Return the way to the client: the hub where the server has one, or else this thread."""
    offer: Offer | None = request.environ.get(OFFER)
    if offer is not None and isinstance(source, Shareable):
        if not offer.room:
            raise TooManyStreams(offer.limit)
        return HandedOverStream(source, offer)
    limit: StreamLimit = request.registry["dashboard.stream_limit"]
    limit.acquire()
    return ThreadedStream(source, request.registry["dashboard.settings"].heartbeat, limit.release)


def _call(view: View, args: tuple[Any, ...]) -> tuple[Request, Any]:
    if len(args) == 1:  # a method of a view class, or a function called with the request
        first = args[0]
        return (first if IRequest.providedBy(first) else first.request), view(first)
    context, request = args
    if takes_one_arg(view, argname="request"):
        return request, view(request)
    return request, view(context, request)

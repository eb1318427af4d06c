"""``GET /changes`` through an edge: what was missed is answered, what follows is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from dashboard.changes import Cursor, Ended
from dashboard.streaming import Event, encode, event_source
from dashboard.streaming.edge import Channel, GoOn, Hold, answer, last_ids
from dashboard.streaming.edge.signature import Expired, Signature, Unsigned
from dashboard.streaming.farewell import farewell, retry
from dashboard.views.access import Access
from dashboard.views.changes import ChangeFeed, access_to, feed_of
from dashboard.views.edge.items import CHANGES, TICKET, channels
from dashboard.views.edge.ticket import Ticket
from dashboard.views.security import may
from dashboard.views.stream import last_event_id

MOST_TABLES = 16
"""Pushpin lets a stream have 20 channels unless told otherwise; the others are ours."""

LONGEST_PART = 1024 * 1024
"""Bytes of what was missed after which the rest is left for the next request."""

ASK = 300.0
"""Seconds after which the edge asks for a feed of nobody in particular, should the last change
have been lost on its way. For a person it asks with every heartbeat, whether the feed may go on."""


@view_config(route_name="changes", request_method="GET", permission="view", through_edge=True)
@event_source
def changes(request: Request) -> ChangeFeed | Response:
    """Send the edge to the link of the feed: it takes long answers of links alone."""
    tables = set(request.GET.getall("table"))
    since = last_event_id(request)
    if len(tables) > MOST_TABLES:
        return feed_of(request, tables, since)  # Passed through by the edge like any stream.
    access_to(request, tables)
    if since is None:
        since = str(request.registry["dashboard.broadcaster"].head().cursor)
    return answer(encode({"retry": retry()}), _go_on(request, Ticket.issue(request, tables, since)))


@view_config(
    route_name="held-changes-first",
    request_method="GET",
    permission=NO_PERMISSION_REQUIRED,
    through_edge=True,
)
def first(request: Request) -> Response:
    """Answer what a feed has missed that isn't held yet, and have it held."""
    return _answer(request, request.matchdict["ticket"], None)


@view_config(
    route_name="held-changes",
    request_method="GET",
    permission=NO_PERMISSION_REQUIRED,
    through_edge=True,
)
def following(request: Request) -> Response:
    """Answer what a held feed has missed. Whose it is and how far it has come the edge says.

    There is one link for all, since the edge asks links that differ one after the other.
    """
    known = last_ids(request.headers.get("Grip-Last"))
    tickets = [name.removeprefix(TICKET) for name in known if name.startswith(TICKET)]
    if not tickets or CHANGES not in known:
        raise HTTPForbidden("This isn't for you.")
    return _answer(request, tickets[0], known[CHANGES])


def _answer(request: Request, token: str, since: str | None) -> Response:
    """The client's cookies aren't there: the ticket is what counts."""
    try:
        ticket = Ticket.read(_signature(request), token)
    except Expired:
        return _over("lifetime")
    except Unsigned as error:
        raise HTTPForbidden("This isn't for you.") from error
    # The same for as long as the feed is held: a channel that is new costs a question.
    token = replace(ticket, since="", complete=False).sign(_signature(request))
    access = Access(request.registry, ticket.identity, needs=ticket.tables)
    settings = request.registry["dashboard.settings"]
    if not may(ticket.identity, settings, "view") or not all(map(access.sees, ticket.tables)):
        return _over("auth")
    broadcaster = request.registry["dashboard.broadcaster"]
    feed = ChangeFeed(broadcaster, since or ticket.since, access, ticket.tables)
    start = feed.cursor
    body = b""
    try:
        if ticket.complete or not feed.waiting:
            # It asks again whether the feed may go on, as every heartbeat does.
            return answer(encode(feed.ping()), _hold(request, ticket, token, access, start))
        while feed.waiting and len(body) < LONGEST_PART:
            body += _encoded(feed.take(0))
    except Ended as ended:
        return _over(ended.reason, body)
    finally:
        feed.close()
    later = replace(ticket, since=str(feed.cursor), complete=not feed.waiting)
    had = channels(ticket.tables, ticket.identity, start, token) if since else []
    return answer(body, _go_on(request, later, had))


def _hold(request: Request, ticket: Ticket, token: str, access: Access, cursor: Cursor) -> Hold:
    """Have a feed held at ``cursor``.

    Nothing but a heartbeat comes along with it: Pushpin takes the head of an answer for the whole,
    and what was in its body would be lost if we were gone before it has arrived.
    """
    return Hold(
        channels(ticket.tables, ticket.identity, cursor, token),
        link=request.route_path("held-changes"),
        ask=ASK if ticket.identity is None else request.registry["dashboard.settings"].heartbeat,
        meta={"user": access.role},
    )


def _go_on(request: Request, ticket: Ticket, had: Sequence[Channel] = ()) -> GoOn:
    """Have the edge ask at once, by a path that is this feed's alone.

    Pushpin asks once for several that ask the same, whatever their queries are. Where it can't
    reach us at that moment some of them are forgotten, and hang for ever.
    """
    token = ticket.sign(_signature(request))
    return GoOn(request.route_path("held-changes-first", ticket=token), had)


def _signature(request: Request) -> Signature:
    found: Signature = request.registry["dashboard.edge_signature"]
    return found


def _over(reason: str, body: bytes = b"") -> Response:
    return answer(body + _encoded(farewell(reason)), None)


def _encoded(events: list[Event]) -> bytes:
    return b"".join(map(encode, events))

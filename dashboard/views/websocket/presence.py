"""``present`` and ``absent``: who looks at a record, and who is editing it."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPForbidden, HTTPTooManyRequests

from dashboard.streaming.presence import DOING, Visitor
from dashboard.streaming.websocket.dialogue import Answer, Enter, Leave
from dashboard.views.errors import BadInput
from dashboard.views.websocket.records import find_record
from dashboard.views.websocket.talk import Message, Talk, text_in

MOST_PLACES = 50


def present(talk: Talk, message: Message) -> Answer:
    """Say that one is at a record, and be told who else is, now and whenever that changes."""
    if talk.identity is None:
        # Who isn't known is nobody that others could be told of, nor somebody to tell of others.
        raise HTTPForbidden("Sign in to be seen, and to see others.")
    table, _, place = find_record(talk, text_in(message, "record"))
    doing = message.get("doing", DOING[0])
    if doing not in DOING:
        raise BadInput("doing", f"doing is one of {', '.join(DOING)}.")
    if doing == "editing":
        talk.allow("edit", table)
    if place not in talk.places and len(talk.places) >= MOST_PLACES:
        raise HTTPTooManyRequests(f"A socket is at {MOST_PLACES} records at most.")
    talk.places.add(place)
    talk.presence.enter(place, Visitor(talk.id, talk.identity.name, doing))
    return Answer({"type": "present", "record": place}, Enter(place))


def absent(talk: Talk, message: Message) -> Answer:
    _, _, place = find_record(talk, text_in(message, "record"))
    talk.places.discard(place)
    talk.presence.leave(place, talk.id)
    return Answer({"type": "absent", "record": place}, Leave(place))


HANDLERS = {"present": present, "absent": absent}

"""``GET /stream``: what changes in the views of a page."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from pyramid.request import Request
from pyramid.view import view_config

from dashboard.changes import Cursor, Ended, Head, resolve
from dashboard.changes.change import iso
from dashboard.models.types import utc_now
from dashboard.queries import LiveView, LiveViews, Round, Watcher
from dashboard.streaming import Doubt, Event, event_source
from dashboard.streaming.farewell import farewell
from dashboard.views.access import RIGHTS, Access
from dashboard.views.errors import BadInput
from dashboard.views.finders import find_view

MAX_VIEWS = 50


class ViewStream:
    """A page's patches, as a Source. ``reset`` tells why its cursor can't be continued.

    Once it has left for a topic it has no watcher of its own, and the topic's views.
    """

    __slots__ = ("_asked", "_first", "_live_views", "_own", "_views", "key", "permission")

    def __init__(
        self,
        live_views: LiveViews,
        views: Sequence[LiveView],
        since: Cursor | None,
        access: Access,
        reset: str | None,
        until: Cursor | None = None,
    ) -> None:
        self._live_views = live_views
        self._views = tuple(views)
        self._first: list[Event] = []
        if reset is not None:
            self._first.append({"event": "reset", "data": {"reason": reset}})
        self.permission = access
        self.key: Hashable = ("views", tuple(view.key for view in views))
        self._watch(since, until)

    def _watch(self, since: Cursor | None, until: Cursor | None = None) -> None:
        self._own: Watcher | None = Watcher(self.permission.concerns, self.permission.refusal)
        self._live_views.watch(self._views, since, self._own, until)
        self._asked = False

    @property
    def name(self) -> str:
        return self._views[0].name

    @property
    def _watcher(self) -> Watcher:
        assert self._own is not None
        return self._own

    def take(self, timeout: float) -> list[Event]:
        if not self._asked:
            self._asked = True
            # The right may have gone before the watcher was there to be told of it.
            refused = self.permission.refusal()
            if refused is not None:
                raise Ended(refused)
        if self._first:
            first, self._first = self._first, []
            return first
        rounds = self._watcher.mailbox.take(timeout)
        return [event for each in rounds for event in to_events(each)]

    def ping(self) -> Event:
        refused = self.permission.refusal()
        if refused is not None:
            raise Ended(refused)
        return ping(self._live_views)

    def close(self) -> None:
        if self._own is not None:
            self._live_views.leave(self._own)

    def topic(self, notify: Callable[[], None]) -> ViewTopic:
        return ViewTopic(self._live_views, self._views, self.key, notify)

    def merge(self, topic: ViewTopic) -> bool:
        merged = not self._first and self._live_views.merge(self._watcher, topic.watcher)
        if merged:
            self._own, self._views, self.key = None, topic.views, topic.key
        return merged

    def reopen(self, position: str) -> None:
        self._watch(Cursor.parse(position))


class ViewTopic:
    """The patches that all pages of the same views get from now on."""

    def __init__(
        self,
        live_views: LiveViews,
        views: tuple[LiveView, ...],
        key: Hashable,
        notify: Callable[[], None],
    ) -> None:
        self._live_views = live_views
        self.views = views
        self.key = key
        self.watcher = Watcher(lambda change: change.table in RIGHTS, notify=notify)
        live_views.follow(views, self.watcher)

    def take(self) -> list[Event | Doubt]:
        items: list[Event | Doubt] = []
        for each in self.watcher.mailbox.take(timeout=0):
            if each.doubts:
                items.append(Doubt(each.doubts, position=str(each.cursor)))
            items += to_events(each)
        return items

    def ping(self) -> Event:
        return ping(self._live_views)

    def close(self) -> None:
        self._live_views.leave(self.watcher)


def to_events(round_: Round) -> list[Event]:
    """Return a round's patches; only the last of them brings the page to the cursor."""
    events: list[Event] = [{"event": "patch", "data": patch} for patch in round_.patches]
    if events:
        events[-1] = {**events[-1], "id": str(round_.cursor)}
    return events


def ping(live_views: LiveViews) -> Event:
    return {"event": "ping", "data": {"head": str(live_views.position), "at": iso(utc_now())}}


@view_config(route_name="stream", request_method="GET", permission="view")
@event_source
def stream(request: Request) -> ViewStream | list[Event]:
    if request.GET.get("user", _name(request)) != _name(request):
        # Its pages were made for somebody who has signed out since.
        return farewell("auth")
    texts = request.GET.getall("view")
    if not 1 <= len(texts) <= MAX_VIEWS:
        raise BadInput("view", f"view: give from 1 to {MAX_VIEWS} views.")
    return stream_of(request, texts, last_event_id(request), request.GET.get("until"))


def stream_of(
    request: Request, texts: Sequence[str], given: str | None, until: str | None = None
) -> ViewStream:
    """Return the stream of the views that ``texts`` name, for whoever asks.

    Their pages were rendered somewhere from the cursor ``given`` to the cursor ``until``.
    """
    views = [find_view(request, text) for text in dict.fromkeys(texts)]
    needs = {view.table.name for view in views if hasattr(view, "table")}
    access = Access(request.registry, request.identity, needs)
    return follow(request, views, access, given, until)


def follow(
    request: Request,
    views: Sequence[LiveView],
    access: Access,
    given: str | None,
    until: str | None = None,
) -> ViewStream:
    """Return the stream of ``views`` from where their pages stand."""
    head = request.registry["dashboard.broadcaster"].head()
    since, to, reset = _span(given, until, head)
    live_views = request.registry["dashboard.live_views"]
    return ViewStream(live_views, views, since, access, reset, to)


def _name(request: Request) -> str | None:
    return None if request.identity is None else request.identity.name


def _span(
    given: str | None, until: str | None, head: Head
) -> tuple[Cursor | None, Cursor | None, str | None]:
    """Return from where to where the pages were rendered that share the stream.

    Without a cursor, or with one that can't be continued, that is nowhere: None; the third is
    why.
    """
    if given is None:
        return None, None, None
    since, reset = resolve(given, head)
    to, later = resolve(until or given, head)
    if later == "pruned" and reset is None:
        later = None  # A stream that has lived for long: its last event came after ``until``.
    reset = reset or later
    return (None, None, reset) if reset else (since, to, None)


def last_event_id(request: Request) -> str | None:
    """Return the cursor that a client goes on from: its last event's id, or ``since``."""
    return request.headers.get("Last-Event-ID") or request.GET.get("since") or None

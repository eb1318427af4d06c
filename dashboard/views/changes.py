"""``GET /changes``: the feed of committed changes, for programs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.request import Request
from pyramid.view import view_config

from dashboard.changes import Broadcaster, Change, Cursor, Ended, Subscription
from dashboard.changes.change import iso
from dashboard.models.types import utc_now
from dashboard.streaming import Doubt, Event, event_source
from dashboard.views.access import PEOPLE, Access
from dashboard.views.paths import Paths
from dashboard.views.stream import last_event_id


class ChangeFeed:
    """The changes that one listener may see, as a Source: one event for each.

    Once it has left for a topic it has no subscription of its own.
    """

    __slots__ = (
        "_asked",
        "_broadcaster",
        "_first",
        "_own",
        "_refused",
        "_tables",
        "key",
        "permission",
    )

    def __init__(
        self, broadcaster: Broadcaster, since: str | None, access: Access, tables: Collection[str]
    ) -> None:
        self._broadcaster = broadcaster
        self._tables = frozenset(tables)
        self._asked = False
        self._refused: str | None = None
        self._first: list[Event] = []
        self.permission = access
        self.key: Hashable = ("changes", self._tables, access.role)
        self._own: Subscription | None = broadcaster.subscribe(since)
        if self._own.reset is not None:
            start, reason = str(self._own.start), self._own.reset
            self._first = [{"event": "reset", "id": start, "data": {"reason": reason}}]

    @property
    def name(self) -> str:
        pairs = [("table", table) for table in sorted(self._tables)]
        return Paths().changes() + (f"?{urlencode(pairs)}" if pairs else "")

    @property
    def waiting(self) -> bool:
        """Whether it may have more to take just now."""
        return bool(self._first) or self._subscription.waiting

    @property
    def cursor(self) -> Cursor:
        """How far it has come, changes that its listener doesn't get included."""
        return self._subscription.cursor

    @property
    def _subscription(self) -> Subscription:
        assert self._own is not None
        return self._own

    def take(self, timeout: float) -> list[Event]:
        if not self._asked:
            self._asked = True
            # The right may have gone before the subscription was there to be told of it.
            self._refused = self.permission.refusal()
        if self._first:
            first, self._first = self._first, []
            return first
        if self._refused is not None:
            raise Ended(self._refused)
        events: list[Event] = []
        for change in self._subscription.take(timeout):
            if self.permission.concerns(change):
                self._refused = self.permission.refusal()
                if self._refused is not None:
                    break  # What was committed before is still delivered, nothing after.
            if self.wants(change):
                events.append(to_event(change, self._subscription.start.epoch))
        return events

    def wants(self, change: Change) -> bool:
        asked = not self._tables or change.table in self._tables
        return asked and self.permission.sees(change.table)

    def ping(self) -> Event:
        refused = self._refused or self.permission.refusal()
        if refused is not None:
            raise Ended(refused)
        return ping(self._subscription.cursor)

    def close(self) -> None:
        if self._own is not None:
            self._own.close()

    def topic(self, notify: Callable[[], None]) -> ChangeTopic:
        return ChangeTopic(self._broadcaster, self.wants, notify)

    def merge(self, topic: ChangeTopic) -> bool:
        if self._first or self._refused is not None:
            return False
        merged = self._broadcaster.merge(self._subscription, topic.subscription)
        if merged:
            self._own = None
        return merged

    def reopen(self, position: str) -> None:
        self._own = self._broadcaster.subscribe(position)


class ChangeTopic:
    """The changes that all listeners with the same rights get from now on."""

    def __init__(
        self, broadcaster: Broadcaster, wants: Callable[[Change], bool], notify: Callable[[], None]
    ) -> None:
        self.subscription = broadcaster.follow(notify)
        self._wants = wants

    def take(self) -> list[Event | Doubt]:
        items: list[Event | Doubt] = []
        epoch = self.subscription.start.epoch
        for change in self.subscription.take(timeout=0):
            if change.table == PEOPLE:
                items.append(Doubt((change,), position=f"{epoch}-{change.seq - 1}"))
            if self._wants(change):
                items.append(to_event(change, epoch))
        return items

    def ping(self) -> Event:
        return ping(self.subscription.cursor)

    def close(self) -> None:
        self.subscription.close()


def to_event(change: Change, epoch: str) -> Event:
    return {"event": "change", "id": f"{epoch}-{change.seq}", "data": change.to_wire()}


def ping(cursor: Cursor) -> Event:
    head = str(cursor)
    return {"event": "ping", "id": head, "data": {"head": head, "at": iso(utc_now())}}


@view_config(route_name="changes", request_method="GET", permission="view")
@event_source
def changes(request: Request) -> ChangeFeed:
    return feed_of(request, set(request.GET.getall("table")), last_event_id(request))


def feed_of(request: Request, tables: set[str], since: str | None) -> ChangeFeed:
    """Return the changes of ``tables``, or of all, after a cursor, for whoever asks."""
    access = access_to(request, tables)
    return ChangeFeed(request.registry["dashboard.broadcaster"], since, access, tables)


def access_to(request: Request, tables: set[str]) -> Access:
    """Return the rights of whoever asks to follow ``tables``; refuse where there are none."""
    catalog = request.registry["dashboard.catalog"]
    for name in sorted(tables):
        if name not in catalog and not catalog.linked_by(name):
            raise HTTPNotFound(f"There is no table {name[:100]!r} here.")
        if not request.access.sees(name):
            raise HTTPForbidden(f"You may not follow the changes of {name}.")
    return Access(request.registry, request.identity, needs=tables)

"""What the edge is told of a change, and who of those that it holds is to have it.

There is one channel for all feeds. Each change is on it, also one that hardly anybody gets, so
that an item's id is the change's cursor and the id before it is that of the number before: every
process names them alike, at any time. Which of them a held feed gets is told by the edge's
filters: ``require-sub`` drops what is of a table whose channel it isn't subscribed to, and
``skip-users`` what its role may not see.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from urllib.parse import quote

from pyramid.registry import Registry

from dashboard.changes import Change, Cursor
from dashboard.models.people import ROLES
from dashboard.streaming import encode
from dashboard.streaming.edge import Channel, Item
from dashboard.views.access import PEOPLE, Access
from dashboard.views.changes import ping, to_event
from dashboard.views.security import Identity

CHANGES = "dashboard-changes"
PINGS = "dashboard-pings"
TICKET = "dashboard-ticket-"
"""What the channel begins with on which nothing is ever sent. The edge names it when it asks for
a held feed, and so we get the feed's ticket back."""


def of_table(name: str) -> str:
    """Return the channel by which a held feed says that it wants a table."""
    return f"dashboard-table-{quote(name, safe='')}"


def of_person(id_: int) -> str:
    """Return the channel on which the feeds of a person are told that rights have changed."""
    return f"dashboard-person-{id_}"


def channels(
    tables: Collection[str], identity: Identity | None, cursor: Cursor, ticket: str
) -> list[Channel]:
    """Return what a feed listens to that has had everything up to ``cursor``."""
    filters = ("require-sub", "skip-users") if tables else ("skip-users",)
    found = [
        Channel(CHANGES, str(cursor), filters),
        Channel(TICKET + ticket, prev_id="0"),
        Channel(PINGS),
        *(Channel(of_table(name)) for name in sorted(tables)),
    ]
    if identity is not None:
        found.append(Channel(of_person(identity.id)))
    return found


class Items:
    """What the publisher sends, and when."""

    again = Item(CHANGES, content=None)
    """Nothing that can be next, so that every held feed asks what it has missed."""

    def __init__(self, registry: Registry) -> None:
        self._heartbeat = registry["dashboard.settings"].heartbeat
        everybody = [None, *(Identity(0, role, role, 0) for role in ROLES)]
        self._everybody = [Access(registry, each) for each in everybody]
        self._blind: dict[str, str] = {}

    def of(self, change: Change, epoch: str) -> list[Item]:
        items = []
        if change.table == PEOPLE:
            # Before anything that was committed later: their links say whether they go on.
            items.append(Item(of_person(change.key[0]), content=None))
        cursor = Cursor(epoch, change.seq)
        items.append(
            Item(
                CHANGES,
                encode(to_event(change, epoch)),
                id=str(cursor),
                prev_id=str(Cursor(epoch, change.seq - 1)),
                meta={
                    "require_sub": of_table(change.table),
                    "skip_users": self._blind_to(change.table),
                },
            )
        )
        return items

    def ping(self, cursor: Cursor) -> Item:
        """Return the heartbeat of all held feeds.

        It has no ``id`` for clients, since nothing puts it in order with the changes. For the
        edge it has one, so that of several processes' pings it sends one.
        """
        beat = int(time.time() // self._heartbeat)
        return Item(PINGS, encode({**ping(cursor), "id": None}), id=f"ping-{beat}")

    def _blind_to(self, table: str) -> str:
        """Return the roles that may not see a table, with commas between."""
        found = self._blind.get(table)
        if found is None:
            roles = [each.role for each in self._everybody if not each.sees(table)]
            found = self._blind[table] = ",".join(roles)
        return found

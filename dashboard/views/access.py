"""What somebody may see, asked once for a page and again and again for a stream."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request

from dashboard.catalog import Table, VisibleCatalog
from dashboard.changes import Change
from dashboard.queries.live.slow import SlowViews
from dashboard.views.security import Identity, may, people_of, still

PEOPLE = "people"
SHARE_LINKS = "share_links"
PANEL_PAUSE = 60.0
"""Seconds for which a panel whose query took too long isn't asked again."""

RIGHTS = frozenset({PEOPLE, SHARE_LINKS})
"""The live tables in which rights change."""


class Access:
    """The rights of one identity, or of anybody where that is None.

    ``needs`` are the tables that a stream was opened for: without any of them it ends. There is
    one for each of thousands of streams, so it holds little of its own.
    """

    __slots__ = ("_needs", "_registry", "identity")

    def __init__(
        self, registry: Registry, identity: Identity | None, needs: Collection[str] = ()
    ) -> None:
        self._registry = registry
        self._needs = needs
        self.identity = identity

    @property
    def catalog(self) -> VisibleCatalog:
        """The tables that may be seen, shared by all of the same role."""
        shared: dict[str, VisibleCatalog] = self._registry["dashboard.visible_catalogs"]
        found = shared.get(self.role)
        if found is None:
            found = shared[self.role] = self._visible()
        return found

    @property
    def own_people(self) -> bool:
        """Whether people are the program's own, not those of an application that it is part of."""
        return PEOPLE in self._registry["dashboard.catalog"]

    @property
    def role(self) -> str:
        """What decides what is seen: equal roles see the same."""
        return "anybody" if self.identity is None else self.identity.role

    def may(self, permission: str, table: Table) -> bool:
        """Tell whether ``permission`` ("view" or "edit") is given for a table."""
        return may(self.identity, self._registry["dashboard.settings"], permission, table)

    @property
    def slow_panels(self) -> SlowViews:
        """The panels that took too long a moment ago, on whatever page."""
        slow: SlowViews = self._registry["dashboard.slow_panels"]
        return slow

    def sees(self, name: str) -> bool:
        """Tell whether changes of a captured table may be seen; it may have no page."""
        if name in self.catalog:
            return True
        ends = self._registry["dashboard.catalog"].linked_by(name)
        return bool(ends) and all(end in self.catalog for end in ends)

    def concerns(self, change: Change) -> bool:
        """Tell whether a change may have taken these rights away."""
        if self.identity is None:
            return False
        return change.table == PEOPLE and change.key == (self.identity.id,)

    @property
    def expires(self) -> bool:
        """Whether it can be lost: what anybody may do depends on the settings alone."""
        return self.identity is not None

    def refusal(self) -> str | None:
        """Read the person's rights again; return the reason to end a stream, None to go on.

        A stream was opened with one role's rights. With another role the client has to come
        again, so that what it sees is all of the new one.
        """
        if self.identity is None:
            return None
        now = still(self._registry, self.identity)
        if now is None:
            return "auth"
        if now.role == self.identity.role:
            return None
        return "lifetime" if self._keeps_needs(now) else "auth"

    @staticmethod
    def refusals(accesses: Sequence[Access]) -> list[str | None]:
        """Return the refusal of each, having asked once for all together."""
        if not accesses:
            return []
        identities = {each.identity for each in accesses if each.identity is not None}
        unchanged = people_of(accesses[0]._registry).unchanged(identities)
        return [
            None if each.identity is None or each.identity in unchanged else each.refusal()
            for each in accesses
        ]

    def _keeps_needs(self, identity: Identity) -> bool:
        later = Access(self._registry, identity)
        return all(map(later.sees, self._needs))

    def _visible(self) -> VisibleCatalog:
        settings = self._registry["dashboard.settings"]
        return VisibleCatalog(
            self._registry["dashboard.catalog"],
            lambda table: bool(may(self.identity, settings, "view", table)),
        )


def access(request: Request) -> Access:
    return Access(request.registry, request.identity)


def includeme(config: Configurator) -> None:
    config.registry["dashboard.visible_catalogs"] = {}
    config.registry["dashboard.slow_panels"] = SlowViews(PANEL_PAUSE)
    config.add_request_method(access, reify=True)

"""The rights of who holds a share link: one board, as any watcher would see it, for a while."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from pyramid.registry import Registry
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from dashboard.catalog import Table, VisibleCatalog
from dashboard.changes import Change
from dashboard.models import reading
from dashboard.models.boards import Board, ShareLink
from dashboard.models.types import utc_now
from dashboard.views.access import SHARE_LINKS, Access

IDS_PER_QUERY = 500


class LinkAccess(Access):
    """Access without a person. It ends when the link is revoked, expires or is deleted."""

    __slots__ = ("link_id",)

    def __init__(self, registry: Registry, link_id: int) -> None:
        super().__init__(registry, None)
        self.link_id = link_id

    @property
    def role(self) -> str:
        return "link"

    @property
    def expires(self) -> bool:
        return True

    def concerns(self, change: Change) -> bool:
        return change.table == SHARE_LINKS and change.key == (self.link_id,)

    def refusal(self) -> str | None:
        return None if self.link_id in valid(self._registry, [self.link_id]) else "auth"

    @staticmethod
    def refusals(accesses: Sequence[Access]) -> list[str | None]:
        links = [each for each in accesses if isinstance(each, LinkAccess)]
        usable = valid(links[0]._registry, [each.link_id for each in links]) if links else set()
        return [None if each.link_id in usable else "auth" for each in links]

    def may(self, permission: str, table: Table) -> bool:
        return False

    def _visible(self) -> VisibleCatalog:
        # Whoever made the link may see more, and so must not hand it on unawares.
        return VisibleCatalog(
            self._registry["dashboard.catalog"], lambda table: table.view_role == "watcher"
        )


def valid(registry: Registry, ids: Collection[int]) -> set[int]:
    """Return those of the links that may still be used."""
    found: set[int] = set()
    asked = sorted(set(ids))
    with reading(registry) as session:
        for start in range(0, len(asked), IDS_PER_QUERY):
            some = ShareLink.id.in_(asked[start : start + IDS_PER_QUERY])
            found.update(session.scalars(select(ShareLink.id).where(some, *_usable())))
    return found


def find_link(session: Session, token: str) -> tuple[ShareLink, Board] | None:
    """Return the link of a token with its board, usable or not; None where there's none."""
    row = session.execute(
        select(ShareLink, Board)
        .join(Board, Board.id == ShareLink.board_id)
        .where(ShareLink.token_hash == hashed(token))
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def is_usable(link: ShareLink) -> bool:
    return link.revoked_at is None and link.expires_at > utc_now()


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _usable() -> Sequence[ColumnElement[bool]]:
    return (ShareLink.revoked_at.is_(None), ShareLink.expires_at > utc_now())

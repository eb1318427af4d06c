"""Share a board by a link: make one, see those there are, revoke them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from dashboard.models.boards import Board, ShareLink
from dashboard.models.types import utc_now
from dashboard.views.boards import MISSING
from dashboard.views.cells import printable
from dashboard.views.link_access import hashed, is_usable
from dashboard.views.posted import posted

LIFETIMES = {"1": "a day", "7": "a week", "30": "30 days", "365": "a year"}
USUAL = "30"
LONGEST = 100
MOST = 50
"""Links of one board that may be usable at once."""


@view_defaults(permission="edit")
class ShareViews:
    def __init__(self, context: Any, request: Request) -> None:
        self.request = request
        self.session = request.dbsession
        wanted = sa.select(Board).where(Board.slug == request.matchdict["slug"])
        self.board = self.session.scalar(wanted)
        if self.board is None:
            raise HTTPNotFound(MISSING)

    @view_config(route_name="share", request_method="GET", renderer="dashboard:templates/share.pt")
    def page(self) -> dict[str, Any]:
        return self._page()

    @view_config(route_name="share", request_method="POST", renderer="dashboard:templates/share.pt")
    def make(self) -> dict[str, Any]:
        """Make a link and show it. It's told this once, so the answer is the page itself."""
        name, days = posted(self.request, "name").strip(), posted(self.request, "days")
        error = self._error(name, days)
        if error:
            self.request.response.status_int = 422
            return self._page(error=error, name=name[:LONGEST])
        token = secrets.token_urlsafe(32)
        self.session.add(
            ShareLink(
                board_id=self.board.id,
                name=name,
                token_hash=hashed(token),
                created_by=self.request.identity.name,
                expires_at=utc_now() + timedelta(days=int(days)),
            )
        )
        self.session.flush()
        return self._page(url=f"{self.request.host_url}{self.request.paths.shared(token)}")

    @view_config(route_name="revoke", request_method="POST")
    def revoke(self) -> Response:
        """End a link. Streams that were opened with it end at once."""
        text = self.request.matchdict["id"]
        link = None
        if text.isascii() and text.isdigit() and len(text) < 10:
            link = self.session.get(ShareLink, int(text))
        if link is None or link.board_id != self.board.id:
            raise HTTPNotFound("There is no such link.")
        link.revoked_at = link.revoked_at or utc_now()
        self.request.session.flash({"tone": "good", "text": f"{link.name} was revoked."})
        return HTTPSeeOther(self.request.paths.share(self.board.slug))

    def _error(self, name: str, days: str) -> str | None:
        if not name or len(name) > LONGEST or not name.isprintable():
            return f"Say in 1 to {LONGEST} characters what the link is for."
        if days not in LIFETIMES:
            return "Choose how long it's valid."
        if sum(map(is_usable, self._links())) >= MOST:
            return f"This board has {MOST} links already; revoke one first."
        return None

    def _links(self) -> list[ShareLink]:
        mine = sa.select(ShareLink).where(ShareLink.board_id == self.board.id)
        return list(self.session.scalars(mine.order_by(ShareLink.id.desc())))

    def _page(self, **more: Any) -> dict[str, Any]:
        paths, slug = self.request.paths, self.board.slug
        return {
            "board": {"title": printable(self.board.title), "href": paths.board(slug)},
            "action": paths.share(slug),
            "links": [
                {
                    "name": printable(link.name),
                    "by": printable(link.created_by),
                    "made": f"{link.created_at:%Y-%m-%d %H:%M} UTC",
                    "until": f"{link.expires_at:%Y-%m-%d %H:%M} UTC",
                    "state": _state(link),
                    "revoke": f"{paths.share(slug)}/{link.id}/revoke" if is_usable(link) else None,
                }
                for link in self._links()
            ],
            "lifetimes": LIFETIMES,
            "usual": USUAL,
            "url": None,
            "error": None,
            "name": "",
            **more,
        }


def _state(link: ShareLink) -> dict[str, str]:
    if link.revoked_at is not None:
        return {"tone": "muted", "text": "Revoked"}
    if not is_usable(link):
        return {"tone": "muted", "text": "Expired"}
    return {"tone": "good", "text": "Valid"}

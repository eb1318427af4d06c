"""Who sees what: anybody at all, and people by their roles."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.models.people import ROLES, User
from dashboard.operations.finding import NOTICE, OK, Finding
from dashboard.operations.installation import Installation
from dashboard.operations.words import counted, listed


def check(installation: Installation, session: Session) -> Iterator[Finding]:
    seen = {role: _seen(installation, role) for role in (None, *ROLES)}
    settings = installation.settings
    exposed = bool(seen[None]) and not settings.development
    yield Finding(
        NOTICE if exposed else OK,
        "Anybody",
        _said("Without signing in one", seen[None]),
        "If that isn't meant, set dashboard.public = false." if exposed else "",
    )
    for before, role in zip((None, *ROLES), ROLES, strict=False):
        more = [name for name in seen[role] if name not in seen[before]]
        if role == "watcher" and not settings.public:
            yield Finding(OK, role, _said("A watcher", more))
        elif more:
            yield Finding(OK, role, f"Sees {listed(more)} as well.")
        else:
            yield Finding(OK, role, "Sees the same.")
    # In an application that has people of its own there are none here.
    if "people" in installation.catalog:
        yield _people(session)


def _seen(installation: Installation, role: str | None) -> list[str]:
    return [table.name for table in installation.catalog if installation.sees(role, table)]


def _said(who: str, names: list[str]) -> str:
    return f"{who} sees {listed(names) if names else 'nothing'}."


def _people(session: Session) -> Finding:
    rows = session.execute(sa.select(User.role, sa.func.count()).group_by(User.role))
    counts = {row[0]: row[1] for row in rows}
    if not counts:
        return Finding(
            NOTICE,
            "People",
            "Nobody can sign in.",
            "Open the link that the server prints at start, or run `dashboard user add`.",
        )
    told = listed(counted(counts[role], role) for role in ROLES if counts.get(role))
    return Finding(OK, "People", f"There are {told}." if sum(counts.values()) > 1 else f"{told}.")

"""The change log: how large it is, from when to when it goes, and whether it's pruned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.changes import log
from dashboard.models.types import utc_now
from dashboard.operations.finding import NOTICE, OK, Finding
from dashboard.operations.installation import Installation
from dashboard.operations.words import counted

LATE = timedelta(days=1)
"""The log is pruned every hour; what is this much too old, nobody prunes."""

SAMPLE = 1000
PRUNE = "Keep a server running, which prunes every hour, or run `dashboard prune INI`."


def check(installation: Installation, session: Session) -> Iterator[Finding]:
    head = log.head(session)
    first, last = newest(session, oldest=True), newest(session)
    if first is None or last is None:
        yield Finding(OK, "Size", "The log is empty.")
        return
    count = head.seq - head.pruned
    yield Finding(
        OK,
        "Size",
        f"{counted(count, 'change')}, {_size(session, count)}, from {first:%Y-%m-%d %H:%M} to "
        f"{last:%Y-%m-%d %H:%M} UTC; {counted(head.pruned, 'change')} pruned before.",
    )
    settings = installation.settings
    if utc_now() - first > timedelta(days=settings.retention_days) + LATE:
        kept = f"{settings.retention_days:g} days of dashboard.retention_days"
        yield Finding(NOTICE, "Retention", f"It has changes that are older than the {kept}.", PRUNE)
    elif count > settings.retention_changes * 1.1:
        kept = f"{settings.retention_changes:,} of dashboard.retention_changes"
        yield Finding(NOTICE, "Retention", f"It has more changes than the {kept}.", PRUNE)


def newest(session: Session, *, oldest: bool = False) -> datetime | None:
    """Return when the newest change was made, or the oldest that is kept."""
    order = log.LOG.c.seq.asc() if oldest else log.LOG.c.seq.desc()
    return session.scalar(sa.select(log.LOG.c.at).order_by(order).limit(1))


def _size(session: Session, count: int) -> str:
    """Return what the log's rows take, told from the newest of them."""
    rows = (log.LOG.c.before, log.LOG.c.after)
    before, after = (sa.func.coalesce(sa.func.length(each), 0) for each in rows)
    length = sa.func.length(log.LOG.c.key) + before + after
    some = sa.select(length.label("length")).order_by(log.LOG.c.seq.desc()).limit(SAMPLE).subquery()
    average = session.scalar(sa.select(sa.func.avg(some.c.length))) or 0
    return f"about {float(average) * count / 1e6:,.1f} MB"

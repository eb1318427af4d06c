"""Which table a first board should be about: the one in which most happens."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.changes import log
from dashboard.operations.survey import Surveyed

LATELY = timedelta(days=30)
"""A table whose newest row is this much older than the newest of all isn't used any more."""

LOOK_BACK = 10_000
"""How many of the newest changes are looked at."""

TIMED, FRESH, CHANGED, LINK, STILL, KEPT = 1.0, 1.0, 1.0, -2.0, -2.0, -4.0
"""What counts besides the number of rows, in powers of ten of it."""

BOOKS = re.compile(r"(^|_)(migrations?|schema_version|flyway_schema_history|django_session"
                   r"|alembic_version|databasechangelog(lock)?)(_|$)", re.IGNORECASE)  # fmt: skip
"""Names of what frameworks keep for themselves."""


def busiest(found: Iterable[Surveyed], changes: Mapping[str, int]) -> Surveyed | None:
    """Return the table to begin with, None where there isn't a row in any.

    ``changes`` are numbers of lately logged changes by the tables' names.
    """
    filled = [each for each in found if each.size]
    newest = max((each.newest.last for each in filled if each.newest), default=datetime.min)

    def score(each: Surveyed) -> float:
        points = math.log10(each.size)
        if each.newest is not None:
            points += TIMED + (FRESH if newest - each.newest.last <= LATELY else 0.0)
        if changes.get(each.table.name):
            points += CHANGED
        if not each.table.key:
            points += STILL  # Its changes aren't logged, so that a board of it doesn't live.
        if BOOKS.search(each.table.name):
            points += KEPT
        return points + (LINK if _links(each) else 0.0)

    return max(filled, key=score, default=None)


def _links(each: Surveyed) -> bool:
    """Tell whether a table says nothing but what belongs to what."""
    return all(column.reference or column.primary_key for column in each.table.public_columns)


def recent_changes(session: Session) -> dict[str, int]:
    """Return how many of the newest changes are of which table."""
    table = log.LOG.c.table_name
    recent = log.LOG.c.seq > log.head(session).seq - LOOK_BACK
    statement = sa.select(table, sa.func.count()).where(recent).group_by(table)
    return {row[0]: row[1] for row in session.execute(statement)}

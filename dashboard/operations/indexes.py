"""Are there indexes for what pages ask again and again of large tables?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import Table
from dashboard.operations.finding import NOTICE, OK, PROBLEM, Finding
from dashboard.operations.installation import Installation
from dashboard.operations.reflected_indexes import indexes_of
from dashboard.operations.serving import LARGE, Need, need_of, serves, suggestion
from dashboard.operations.watched import watched
from dashboard.operations.words import counted, listed

HUGE = 100_000
"""Rows from which on a missing index is a problem."""

MOST_PLACES = 3


def check(installation: Installation, session: Session) -> Iterator[Finding]:
    """Say which CREATE INDEX would help; none is ever executed."""
    found = False
    for need, places in _needs(installation, session).items():
        finding = _missing(session, need, places)
        found = found or finding is not None
        if finding is not None:
            yield finding
    if not found:
        yield Finding(OK, "Indexes", f"None is missing on a table of more than {LARGE:,} rows.")


def _needs(installation: Installation, session: Session) -> dict[Need, list[str]]:
    """Return what is needed of large tables, and by what."""
    needs: dict[Need, list[str]] = {}
    large: dict[str, bool] = {}
    for where, query in (*watched(session, installation.whole), *installation.watched):
        need, name = need_of(query), query.table.name
        if name not in large:
            large[name] = _has_more(session, query.table, LARGE)
        if need is not None and large[name]:
            needs.setdefault(need, []).append(where)
    return needs


def _missing(session: Session, need: Need, places: list[str]) -> Finding | None:
    connection = session.connection()
    if any(serves(index, need) for index in indexes_of(connection, need.table)):
        return None
    level = PROBLEM if _has_more(session, need.table, HUGE) else NOTICE
    distinct = [*dict.fromkeys(places)]
    shown = distinct[:MOST_PLACES]
    if len(distinct) > MOST_PLACES:
        shown.append(f"{len(distinct) - MOST_PLACES} more")
    size = counted(HUGE if level == PROBLEM else LARGE, "row")
    return Finding(
        level,
        need.table.name,
        f"Has more than {size} and no index for {listed(shown)}: {_said(need)}.",
        suggestion(need, connection.dialect) + ";",
    )


def _said(need: Need) -> str:
    parts = [f"{part.name}{' downward' if part.descending else ''}" for part in need.order]
    told = [f"equal {listed(sorted(need.equal))}"] if need.equal else []
    return ", ".join([*told, *([f"in the order of {listed(parts)}"] if parts else [])])


def _has_more(session: Session, table: Table, rows: int) -> bool:
    every: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(table.sql)
    try:
        with session.begin_nested():
            return session.execute(every.offset(rows).limit(1)).first() is not None
    except sa.exc.SQLAlchemyError:
        return False  # That it isn't there, or can't be read, is said of it elsewhere.

"""By what is each table covered: who can change it so that open pages follow?"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import Table
from dashboard.operations.finding import NOTICE, OK, PROBLEM, Finding
from dashboard.operations.installation import Installation
from dashboard.operations.survey import is_own

BY_SESSIONS = "Covered by sessions: what the program and its own sessions commit is seen."
NOT_COVERED = "Not covered: it has no key, so its changes can't be logged; pages don't follow them."
ABSENT = "It isn't in the database."
NO_TABLES = Finding(
    NOTICE,
    "Tables",
    "There is no table to show.",
    "Name modules in dashboard.models, or tables of the database in dashboard.reflect.",
)


def check(installation: Installation, session: Session) -> Iterator[Finding]:
    inspector = sa.inspect(session.connection())
    tables = [table for table in installation.catalog if not is_own(table)]
    for table in tables:
        if not inspector.has_table(table.sql.name, table.sql.schema):
            yield Finding(PROBLEM, table.name, ABSENT, "Make it, or take it out of the ini file.")
        else:
            yield _covered(table)
    if not tables:
        yield NO_TABLES


def _covered(table: Table) -> Finding:
    if not table.key:
        return Finding(NOTICE, table.name, NOT_COVERED, "Give it a primary key.")
    return Finding(OK, table.name, BY_SESSIONS)

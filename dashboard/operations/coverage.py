"""By what is each table covered: who can change it so that open pages follow?"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from dashboard.catalog import Table
from dashboard.changes.triggers.install import forbidden, status_of
from dashboard.changes.triggers.noted import Noted, noted_tables
from dashboard.operations.finding import NOTICE, OK, PROBLEM, Finding
from dashboard.operations.installation import Installation
from dashboard.operations.survey import is_own

BY_TRIGGERS = "Covered by triggers: whatever program commits a change, it is seen."
BY_SESSIONS = "Covered by sessions: what the program and its own sessions commit is seen."
NOT_COVERED = "Not covered: it has no key, so its changes can't be logged; pages don't follow them."
ABSENT = "It isn't in the database."
INSTALL = "`dashboard triggers install INI {}` {}."
NO_TABLES = Finding(
    NOTICE,
    "Tables",
    "There is no table to show.",
    "Name modules in dashboard.models, or tables of the database in dashboard.reflect.",
)


def check(installation: Installation, session: Session) -> Iterator[Finding]:
    connection = session.connection()
    tables = [table for table in installation.catalog if not is_own(table)]
    captured = installation.catalog.captured_tables
    noted = {each.name: each for each in noted_tables(captured)().values()}
    inspector = sa.inspect(connection)
    for table in tables:
        if not inspector.has_table(table.sql.name, table.sql.schema):
            yield Finding(PROBLEM, table.name, ABSENT, "Make it, or take it out of the ini file.")
        else:
            yield _covered(connection, table, noted.get(table.name))
    if not tables:
        yield NO_TABLES


def _covered(connection: Connection, table: Table, noted: Noted | None) -> Finding:
    if not table.key or noted is None:
        return Finding(NOTICE, table.name, NOT_COVERED, "Only a table with a primary key can be.")
    status = status_of(connection, noted)
    if status.state == "installed":
        return Finding(OK, table.name, BY_TRIGGERS)
    if status.state == "stale":
        remedy = INSTALL.format(quote(table.name), "makes them anew")
        return Finding(PROBLEM, table.name, f"Its triggers are stale. {status.problem}", remedy)
    remedy = INSTALL.format(quote(table.name), "shows what other programs commit as well")
    if reason := forbidden(connection, noted):
        remedy = f"{remedy} But {reason}"
    return Finding(OK, table.name, BY_SESSIONS, remedy)

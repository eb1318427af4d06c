"""The database's clock against this machine's, and the log's against both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.models.types import utc_now
from dashboard.operations.finding import NOTICE, OK, PROBLEM, Finding
from dashboard.operations.installation import Installation
from dashboard.operations.log_size import newest

AWRY, WRONG = timedelta(seconds=2), timedelta(seconds=30)
SYNCHRONISE = "Let both machines take their time from the same source, by NTP."


def check(installation: Installation, session: Session) -> Iterator[Finding]:
    yield _database(session)
    last = newest(session)
    if last is not None and last - utc_now() > AWRY:
        yield Finding(
            PROBLEM,
            "Log",
            f"The newest change is of {last:%Y-%m-%d %H:%M:%S} UTC, which is in the future.",
            "Look at the clocks of the machines that write.",
        )


def _database(session: Session) -> Finding:
    if session.get_bind().dialect.name == "sqlite":
        return Finding(OK, "Database", "It has this machine's clock.")
    before = utc_now()
    theirs = session.scalars(sa.select(sa.func.clock_timestamp())).one()
    after = utc_now()
    # While the question was on its way any of the times in between was right.
    at = theirs.astimezone(UTC)
    off = max(before - at, at - after, timedelta())
    level = PROBLEM if off > WRONG else NOTICE if off > AWRY else OK
    sentence = f"Its clock is {off.total_seconds():.1f} s off this machine's."
    return Finding(level, "Database", sentence, "" if level == OK else SYNCHRONISE)

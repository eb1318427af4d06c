"""What triggers have noted and no process has moved into the log yet."""

from __future__ import annotations

import time
from collections.abc import Iterator

from sqlalchemy.orm import Session

from dashboard.changes.triggers.install import staging_of
from dashboard.operations.finding import NOTICE, OK, PROBLEM, Finding
from dashboard.operations.installation import Installation
from dashboard.operations.words import counted

LATE, STUCK = 10.0, 60.0
"""Seconds that a note has waited: a process that runs moves them within one."""

MOVE = "Keep a server running: it moves them. If one runs, look at what it logs."
NOTHING = Finding(OK, "Notes", "None waits to be logged.")


def check(installation: Installation, session: Session) -> Iterator[Finding]:
    now = time.time()
    waiting = [
        Finding(
            PROBLEM if age > STUCK else NOTICE if age > LATE else OK,
            name,
            f"{counted(each.notes, 'note')} to be logged, the oldest {max(age, 0):,.0f} s old.",
            MOVE if age > LATE else "",
        )
        for name, each in staging_of(session.connection()).items()
        for age in (now - (each.oldest or now),)
    ]
    yield from waiting or [NOTHING]

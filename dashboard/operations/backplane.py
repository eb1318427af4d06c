"""Do several processes hear of one another's commits?"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from dashboard.operations.finding import OK, PROBLEM, Finding
from dashboard.operations.installation import Installation


def check(installation: Installation, session: Session) -> Iterator[Finding]:
    kind = installation.backplane
    if kind == "local":
        told = "None is set: a process finds what others commit by looking twice a second."
        yield Finding(OK, "Backplane", told)
    elif installation.connected:
        yield Finding(OK, "Backplane", f"Connected over {kind}.")
    else:
        yield Finding(
            PROBLEM,
            "Backplane",
            f"It can't be reached over {kind}. Nothing is lost, but commits of other processes are "
            "seen later, by looking at the log.",
            "Look at its server, and at dashboard.backplane.",
        )

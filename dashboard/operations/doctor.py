"""The doctor: every check, each on its own, so that one that fails doesn't hide the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dashboard.models.engine import reader_of
from dashboard.operations import backplane, clock, coverage, indexes, log_size, sight, staging
from dashboard.operations.finding import PROBLEM, Finding, Section
from dashboard.operations.installation import Installation

Check = Callable[[Installation, Session], Iterable[Finding]]

CHECKS: dict[str, Check] = {
    "Tables": coverage.check,
    "Indexes": indexes.check,
    "Change log": log_size.check,
    "Notes of triggers": staging.check,
    "Clock": clock.check,
    "Backplane": backplane.check,
    "Who sees what": sight.check,
}


def examine(installation: Installation) -> list[Section]:
    """Return what is found, check by check. A question to the database has its usual time."""
    return [
        Section(title, tuple(_findings(installation, title, check)))
        for title, check in CHECKS.items()
    ]


def _findings(installation: Installation, title: str, check: Check) -> list[Finding]:
    reader = reader_of(installation.engine, installation.settings.statement_timeout)
    try:
        with Session(reader) as session:
            return [*check(installation, session)]
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        return [Finding(PROBLEM, title, f"The database couldn't answer: {reason}")]

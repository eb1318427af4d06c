"""What the doctor says of one thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

OK, NOTICE, PROBLEM = "ok", "notice", "problem"
LEVELS = (OK, NOTICE, PROBLEM)


@dataclass(frozen=True, slots=True)
class Finding:
    """``level`` is one of LEVELS, ``sentence`` says what is found, ``remedy`` what to do."""

    level: str
    subject: str
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The findings of one family of checks."""

    title: str
    findings: tuple[Finding, ...]


def worst(sections: Iterable[Section]) -> str:
    """Return the gravest level that there is."""
    levels = (each.level for section in sections for each in section.findings)
    return max(levels, key=LEVELS.index, default=OK)

"""Statements that take as long as a test wants, on any database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def some_rows(number: int) -> sa.Select[Any]:
    """Select how many numbers there are up to ``number``, which are counted one by one."""
    counted = sa.select(sa.literal(1).label("n")).cte(recursive=True)
    counted = counted.union_all(sa.select(counted.c.n + 1).where(counted.c.n < number))
    return sa.select(sa.func.count()).select_from(counted)


ENDLESS = some_rows(2**31 - 2)

"""Boards that nobody asked for, such as those of the demo: made once, where there are none."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.models.boards import Board
from dashboard.models.engine import lock
from dashboard.models.setting import Setting

MADE = ("demo.boards", "overview.board")
"""Settings that say that such boards were made, whose: who deletes them doesn't get them again."""

DEMO, OVERVIEW = MADE


def are_due(session: Session) -> bool:
    """Tell whether there are no boards, and none were ever made by the program itself."""
    made = session.scalar(select(Setting.name).where(Setting.name.in_(MADE)).limit(1))
    return made is None and session.scalar(select(Board.id).limit(1)) is None


def add(session: Session, whose: str, *boards: Board) -> bool:
    """Add the boards if they are due, and note that they were made; tell whether.

    Of two processes that start at once one does.
    """
    lock(session.connection(), "first boards")
    if not are_due(session):
        return False
    session.add(Setting(name=whose, value="1"))
    session.add_all(boards)
    session.flush()
    return True

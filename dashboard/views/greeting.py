"""What the home page says to an operator who has just begun: what was found, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import Table
from dashboard.models.boards import Board
from dashboard.models.people import User
from dashboard.operations.words import counted
from dashboard.queries import Total
from dashboard.views.access import Access
from dashboard.views.cells import printable
from dashboard.views.paths import Paths


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do. ``link`` is the part of it that leads to ``href``."""

    text: str
    link: str | None = None
    href: str | None = None
    code: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Greeting:
    found: str
    steps: tuple[Step, ...]


FIRST_ADMIN = Step(
    "Make yourself the first admin: open the link that the server printed when it started."
)
TABLES = Step(
    "Say in the ini file which tables to show, then start the server again. The first line takes "
    "those of the database as they are, the second the SQLAlchemy classes of a module:",
    code=("dashboard.reflect = *", "dashboard.models = my.models"),
)
NEW_BOARD = "Add a board: panels with tables, figures and charts."
OTHERS_ADD = Step("Signed in as an editor or an admin, add boards of your own on this page.")
COLUMNS = Step(
    "Give columns labels, units, choices and colours in your models; docs/models.md says how."
)


def greeting_of(
    session: Session,
    access: Access,
    paths: Paths,
    tables: Sequence[Table],
    totals: Iterable[Total],
) -> Greeting | None:
    """Return the greeting as long as nobody can sign in or there is no board.

    ``tables`` are those of the operator's own that may be seen, ``totals`` count their rows.
    """
    nobody = access.own_people and session.scalar(sa.select(User.id).limit(1)) is None
    order = sa.select(Board.title, Board.slug).order_by(Board.position, Board.title)
    board = session.execute(order.limit(1)).first()
    if board is not None and not nobody:
        return None
    return Greeting(_found(tables, totals), tuple(_steps(access, paths, tables, nobody, board)))


def _steps(
    access: Access, paths: Paths, tables: Sequence[Table], nobody: bool, board: sa.Row | None
) -> Iterator[Step]:
    if nobody:
        yield FIRST_ADMIN
    if not tables:
        yield TABLES
        return
    if board is not None:
        yield Step("Open the first board,", printable(board.title), paths.board(board.slug))
    yield COLUMNS
    boards = access.catalog.get("boards")
    if board is None and boards is not None and access.may("edit", boards):
        yield Step(NEW_BOARD, "New board", paths.new("boards"))
    else:
        yield OTHERS_ADD


def _found(tables: Sequence[Table], totals: Iterable[Total]) -> str:
    known = [*totals]
    references = sum(len(table.foreign_keys) for table in tables)
    rows = counted(sum(total.count for total in known), "row")
    more = "more than " if any(total.more for total in known) else ""
    return f"{counted(len(tables), 'table')}, {more}{rows} and {counted(references, 'reference')}"

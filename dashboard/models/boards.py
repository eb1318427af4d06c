"""Boards: what is on them, the addresses that people saved, and links for screens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dashboard.models.ids import LastingId
from dashboard.models.meta import Base
from dashboard.models.people import User
from dashboard.models.types import UtcDateTime, utc_now

COLUMNS = 12
"""How many columns a board's grid has."""

MOST_ROWS = 100

KINDS = {"table": "Table", "tile": "Tile", "chart": "Chart"}
CHARTS = {"line": "Line", "bar": "Bar", "stacked": "Stacked bar", "donut": "Donut"}
BAD = {"high": "High values", "low": "Low values"}


def _one_of(column: str, values: dict[str, str]) -> str:
    return f"{column} IN ({', '.join(map(repr, values))})"


class Board(LastingId, Base):
    """A page of panels, found by its ``slug``."""

    __tablename__ = "dashboard_board"

    id: Mapped[int] = mapped_column(primary_key=True, info={"hidden": True})
    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(
        String(60),
        unique=True,
        info={
            "label": "Address",
            "help": "The end of the board's address: small letters, digits and hyphens.",
        },
    )
    description: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int] = mapped_column(
        default=0, info={"help": "Boards are listed, and a wall shows them, in this order."}
    )
    seconds: Mapped[int] = mapped_column(
        default=30, info={"label": "On a wall", "unit": "s", "help": "How long it stays there."}
    )

    panels: Mapped[list[Panel]] = relationship(
        back_populates="board", cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__: Any = (
        CheckConstraint("seconds BETWEEN 5 AND 86400", name="seconds"),
        {
            "info": {
                "label": "Boards",
                "description": "Pages of panels: tables, figures and charts.",
                "label_column": "title",
                "default_sort": ("position", "title"),
                "listed": False,
            },
        },
    )


class Panel(LastingId, Base):
    """One query on a board, and how it is shown there."""

    __tablename__ = "dashboard_panel"

    id: Mapped[int] = mapped_column(primary_key=True, info={"hidden": True})
    board_id: Mapped[int] = mapped_column(
        ForeignKey("dashboard_board.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10), default="table", info={"choices": KINDS})
    table_name: Mapped[str] = mapped_column(
        String(255), info={"label": "Table", "help": "Its name, as in the address of its page."}
    )
    query: Mapped[str] = mapped_column(
        Text,
        default="",
        info={
            "searchable": False,
            "help": "What stands behind the question mark of a table's page, such as "
            "status=delayed&_sort_desc=delay. A tile or a chart needs _agg=, and a chart _by= too.",
        },
    )
    second_query: Mapped[str | None] = mapped_column(
        Text,
        info={
            "searchable": False,
            "help": "For a tile: the whole of which the number is the share, in percent. "
            "For a line or bar chart: more lines or bars.",
        },
    )
    series: Mapped[str | None] = mapped_column(
        String(400),
        info={
            "label": "Names",
            "searchable": False,
            "help": "What the lines or bars are called, with commas between.",
        },
    )
    chart: Mapped[str | None] = mapped_column(
        String(10), info={"choices": CHARTS, "help": "For a chart."}
    )
    unit: Mapped[str | None] = mapped_column(
        String(20), info={"help": "Such as min or %. For tiles and charts."}
    )
    trend: Mapped[str | None] = mapped_column(
        String(200),
        info={
            "searchable": False,
            "help": "For a tile: a time and its step, such as scheduled:hour. It draws the course "
            "of the number, and tells how it was a step earlier.",
        },
    )
    warning: Mapped[float | None] = mapped_column(
        info={"help": "A tile's number has this colour from here on."}
    )
    critical: Mapped[float | None] = mapped_column()
    bad: Mapped[str] = mapped_column(
        String(4), default="high", info={"label": "What is bad", "choices": BAD}
    )
    row: Mapped[int] = mapped_column(default=1, info={"help": "Counted from the top."})
    place: Mapped[int] = mapped_column(default=1, info={"help": "In its row, from the left."})
    width: Mapped[int] = mapped_column(
        default=6, info={"help": f"Of {COLUMNS} columns: 6 is half of the board."}
    )

    board: Mapped[Board] = relationship(back_populates="panels")

    __table_args__: Any = (
        CheckConstraint(_one_of("kind", KINDS), name="kind"),
        CheckConstraint(_one_of("chart", CHARTS), name="chart"),
        CheckConstraint(_one_of("bad", BAD), name="bad"),
        CheckConstraint(f"width BETWEEN 1 AND {COLUMNS}", name="width"),
        CheckConstraint(f'"row" BETWEEN 1 AND {MOST_ROWS}', name="row"),
        CheckConstraint(f"place BETWEEN 1 AND {MOST_ROWS}", name="place"),
        {
            "info": {
                "label": "Panels",
                "description": "What is on the boards.",
                "label_column": "title",
                "default_sort": ("board_id", "row", "place"),
                "listed": False,
            },
        },
    )


class SavedView(LastingId, Base):
    """A table's query under a name: its owner's, or everyone's where it has none."""

    __tablename__ = "dashboard_saved_view"

    id: Mapped[int] = mapped_column(primary_key=True, info={"hidden": True})
    name: Mapped[str] = mapped_column(String(100))
    table_name: Mapped[str] = mapped_column(String(255), info={"label": "Table"})
    query: Mapped[str] = mapped_column(Text, default="", info={"searchable": False})
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey(User.id, ondelete="CASCADE"),
        index=True,
        info={"help": "Empty: everyone's."},
    )
    created_by: Mapped[str | None] = mapped_column(String(100), info={"label": "Made by"})
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    __table_args__: Any = {
        "info": {
            "label": "Saved views",
            "description": "Tables' addresses under a name, each person's own included.",
            "label_column": "name",
            "default_sort": "name",
            "listed": False,
            # They are a person's own; the page of saved views is what others have.
            "view_role": "admin",
            "edit_role": "nobody",
        },
    }


class ShareLink(LastingId, Base):
    """A board for a screen without a person. Only the hash of the link's token is kept."""

    __tablename__ = "dashboard_share_link"

    id: Mapped[int] = mapped_column(primary_key=True, info={"hidden": True})
    board_id: Mapped[int] = mapped_column(
        ForeignKey("dashboard_board.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info={"private": True})
    created_by: Mapped[str] = mapped_column(String(100), info={"label": "Made by"})
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__: Any = {
        "info": {
            "label": "Share links",
            "description": "Boards that a screen shows without a person.",
            "label_column": "name",
            "default_sort": "-created_at",
            "listed": False,
            "view_role": "editor",
            "edit_role": "nobody",
        },
    }

"""The change log and its head, and the notes of triggers that are still to be moved into it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, Integer, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.models.meta import Base
from dashboard.models.types import UtcDateTime

# SQLite makes a rowid alias only of INTEGER, which holds 64 bits there anyway.
Number = BigInteger().with_variant(Integer, "sqlite")


class ChangeHead(Base):
    """One row: the newest number, and how far the log has been pruned.

    Advancing ``seq`` takes the row's lock until the commit, which is what makes the numbers
    gap-free and commit-ordered on every database.
    """

    __tablename__ = "dashboard_change_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(16))
    seq: Mapped[int] = mapped_column(Number, default=0)
    pruned: Mapped[int] = mapped_column(Number, default=0)


class ChangeRecord(Base):
    """One changed row of a live table. ``key``, ``before`` and ``after`` are JSON.

    An update's ``before`` has only the columns that differ from ``after``.
    """

    __tablename__ = "dashboard_change_log"

    seq: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    table_name: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(Text)
    op: Mapped[str] = mapped_column(String(6))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str | None] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_dashboard_change_log_record", "table_name", "key", "seq"),)


class ChangeNote(Base):
    """What a trigger noted in the transaction of whoever wrote: what a record was before.

    What it became is what its next note says that it was, or what the table has. ``key`` and
    ``before`` are as the database's own triggers write them. Nothing here may be refused, since
    that would fail the writer: so there are no constraints.
    """

    __tablename__ = "dashboard_change_note"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    table_name: Mapped[str | None] = mapped_column(Text)
    op: Mapped[str | None] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(Text().with_variant(JSONB(), "postgresql"))
    before: Mapped[str | None] = mapped_column(Text().with_variant(JSONB(), "postgresql"))
    transaction: Mapped[int | None] = mapped_column(Number)
    actor: Mapped[str | None] = mapped_column(Text)
    at: Mapped[float | None] = mapped_column(Double)

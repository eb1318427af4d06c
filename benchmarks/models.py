"""The tables of the benchmark's own application: nothing about them is special."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PASSWORD = "a long enough password"
PLACES = 200


class Base(DeclarativeBase):
    pass


class Reading(Base):
    """What is published by the thousand."""

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(100))
    value: Mapped[float]
    note: Mapped[str] = mapped_column(String(200))


class Place(Base):
    """What pages show and editors edit."""

    __tablename__ = "place"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    value: Mapped[float]
    note: Mapped[str] = mapped_column(String(200))

"""Tables of every kind, for forms: a warehouse that has nothing to do with the demo."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, validates


class Base(DeclarativeBase):
    pass


class Grade(enum.Enum):
    low = 1
    high = 2


class Urgency(enum.Enum):
    """Stored by its values, which differ from its names."""

    CALM = "calm"
    RUSH = "in a rush"


def refuse_shouting(value: str | None) -> None:
    if value and value.isupper():
        raise ValueError("Don't shout.")


def keep_the_boss(session: Any, before: dict | None, after: dict | None) -> None:
    """A rule of a whole table: somebody called Boss stays, and nobody becomes one."""
    if before and before["name"] == "Boss" and (after is None or after["name"] != "Boss"):
        raise ValueError("The Boss has to stay.")


class Person(Base):
    __tablename__ = "person"
    __table_args__ = {"info": {"label": "People of the house", "validate": keep_the_boss}}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    code: Mapped[str | None] = mapped_column(sa.String(8), info={"validate": refuse_shouting})
    password: Mapped[str | None] = mapped_column(sa.String(40), info={"private": True})
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    internal: Mapped[str | None] = mapped_column(sa.String(40), info={"hidden": True})
    created: Mapped[str | None] = mapped_column(
        sa.String(40), default="by the model", info={"readonly": True}
    )
    boss_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    data: Mapped[str | None] = mapped_column(sa.String(20))  # A name that WTForms uses itself.
    validate: Mapped[str | None] = mapped_column(sa.String(20))

    @validates("name")
    def check_name(self, key: str, value: str) -> str:
        if "@" in value:
            raise ValueError("A name has no @ in it.")
        return value


class Parcel(Base):
    """A key of two columns, a reference, and lines that go with it."""

    __tablename__ = "parcel"
    __table_args__ = (
        sa.CheckConstraint("weight > 0", name="weight_positive"),
        sa.CheckConstraint("opened IS NULL OR opened >= sent", name="opened_after_sent"),
        sa.UniqueConstraint("owner_id", "label"),
    )

    depot: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    label: Mapped[str] = mapped_column(sa.String(20))
    weight: Mapped[Decimal] = mapped_column(sa.Numeric(8, 3), default=Decimal("1.500"))
    sent: Mapped[date | None]
    opened: Mapped[date | None]
    fragile: Mapped[bool] = mapped_column(default=False)
    lines: Mapped[list[Line]] = relationship(cascade="all, delete-orphan")


class Line(Base):
    __tablename__ = "parcel_line"
    __table_args__ = (
        sa.ForeignKeyConstraint(["depot", "number"], ["parcel.depot", "parcel.number"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    depot: Mapped[str | None] = mapped_column(sa.String(10))
    number: Mapped[int | None]
    what: Mapped[str] = mapped_column(sa.String(20))


class Sample(Base):
    """One column of each kind, all of them nullable."""

    __tablename__ = "sample"
    __table_args__ = (sa.CheckConstraint("colour IN ('red', 'green')", name="colour"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None] = mapped_column(sa.String(200))
    longtext: Mapped[str | None] = mapped_column(sa.Text)
    integer: Mapped[int | None]
    small: Mapped[int | None] = mapped_column(sa.SmallInteger)
    number: Mapped[Decimal | None] = mapped_column(sa.Numeric(12, 4))
    double: Mapped[float | None] = mapped_column(sa.Double)
    boolean: Mapped[bool | None]
    date: Mapped[date | None]
    datetime: Mapped[datetime | None]
    instant: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    time: Mapped[time | None]
    interval: Mapped[timedelta | None]
    grade: Mapped[Grade | None]
    urgency: Mapped[Urgency | None] = mapped_column(
        sa.Enum(Urgency, values_callable=lambda each: [member.value for member in each])
    )
    colour: Mapped[str | None] = mapped_column(sa.String(10))
    level: Mapped[int | None] = mapped_column(info={"choices": {1: "One", 2: "Two"}})
    json: Mapped[Any | None] = mapped_column(sa.JSON)
    uuid: Mapped[uuid.UUID | None]
    bytes: Mapped[bytes | None]


class Strict(Base):
    """Columns that must be given, and defaults of each sort."""

    __tablename__ = "strict"

    id: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(20))
    given: Mapped[int] = mapped_column(default=7)
    made: Mapped[datetime] = mapped_column(default=datetime.now)
    by_server: Mapped[int] = mapped_column(server_default="5")
    grade: Mapped[Grade]
    csrf_token: Mapped[str | None] = mapped_column(sa.String(20))
    _version: Mapped[str | None] = mapped_column("_version", sa.String(20))


MODELS = (Person, Parcel, Line, Sample, Strict)

"""A staff: classes that inherit in one table, and in tables that are joined, over three levels."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


def keep_names(session: Any, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    if after is not None and after["name"] == "Nobody":
        raise ValueError("Somebody has a name.")


class Person(Base):
    __tablename__ = "person"
    __table_args__ = {"info": {"validate": keep_names}}

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(40), unique=True)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "person"}


class Manager(Person):
    rank: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Engineer(Person):
    __tablename__ = "engineer"

    id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(20))
    years: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Lead(Engineer):
    __tablename__ = "lead"

    number: Mapped[int] = mapped_column(
        ForeignKey("engineer.id", ondelete="CASCADE"), primary_key=True
    )
    project: Mapped[str | None] = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_identity": "lead"}


MODELS = (Person, Manager, Engineer, Lead)


def fill(session: Session) -> None:
    session.add_all(
        [
            Manager(id=1, name="Max", rank=3),
            Engineer(id=2, name="Eve", language="C", boss_id=1),
            Lead(id=3, name="Lea", language="Ada", project="Moon"),
        ]
    )

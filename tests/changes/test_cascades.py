"""What the database cascades between tables that are declared and tables that were found."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from dashboard.catalog import Catalog
from dashboard.catalog.reflection import reflect
from dashboard.changes import Change, install


class Base(DeclarativeBase):
    pass


house = sa.Table("house", Base.metadata, sa.Column("id", sa.Integer, primary_key=True))
"""A table that the models only name: the program finds it in the database."""


class Room(Base):
    __tablename__ = "room"

    id: Mapped[int] = mapped_column(primary_key=True)
    house_id: Mapped[int | None] = mapped_column(
        ForeignKey("house.id", ondelete="CASCADE", onupdate="CASCADE")
    )


FOUND = """
CREATE TABLE house (id integer PRIMARY KEY);
CREATE TABLE room (
    id integer PRIMARY KEY,
    house_id integer REFERENCES house (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE bed (
    id integer PRIMARY KEY, room_id integer NOT NULL REFERENCES room (id) ON DELETE CASCADE
);
CREATE TABLE pillow (
    id integer PRIMARY KEY, bed_id integer REFERENCES bed (id) ON DELETE SET NULL
);
INSERT INTO house VALUES (1), (2);
INSERT INTO room VALUES (10, 1), (20, 2);
INSERT INTO bed VALUES (100, 10), (200, 20);
INSERT INTO pillow VALUES (1000, 100), (2000, 200);
"""


class Logged:
    """Sessions over a database in which two of the tables are declared, and what they logged."""

    def __init__(self, engine: Engine) -> None:
        with engine.begin() as connection:
            for statement in filter(str.strip, FOUND.split(";")):
                connection.execute(sa.text(statement))
        self.catalog = Catalog()
        self.catalog.add(Room)
        reflect(engine, ["*"], self.catalog)
        self.changes: list[Change] = []
        self.sessions = sessionmaker(engine)
        install(
            self.sessions,
            name_of=self.catalog.captured_name,
            metadata=self.catalog.metadata,
            publish=self.changes.extend,
        )

    def get(self, session: Session, name: str, key: Any) -> Any:
        return session.get(self.catalog[name].mapped_class, key)

    @property
    def told(self) -> set[tuple[str, str, Any]]:
        return {(each.table, each.op, each.key[0]) for each in self.changes}


@pytest.fixture
def logged(engine: Engine) -> Logged:
    return Logged(engine)


def test_from_declared_to_found(logged: Logged) -> None:
    with logged.sessions.begin() as session:
        session.execute(sa.delete(Room).where(Room.id == 10))
    assert logged.told == {
        ("room", "delete", 10),
        ("bed", "delete", 100),
        ("pillow", "update", 1000),
    }


def test_from_found_to_declared_and_back(logged: Logged) -> None:
    assert logged.catalog["house"].reflected and not logged.catalog["room"].reflected
    with logged.sessions.begin() as session:
        session.delete(logged.get(session, "house", 1))
    assert logged.told == {
        ("house", "delete", 1),
        ("room", "delete", 10),
        ("bed", "delete", 100),
        ("pillow", "update", 1000),
    }


def test_a_key_that_is_changed(logged: Logged) -> None:
    with logged.sessions.begin() as session:
        found = logged.catalog["house"].sql
        session.execute(sa.update(found).where(found.c.values()[0] == 2).values({"c0": 3}))
    assert logged.told == {
        ("house", "delete", 2),
        ("house", "insert", 3),
        ("room", "update", 20),
    }

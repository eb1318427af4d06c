"""A league: records that are named by several columns, and tables that only link others."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


club_sponsor = Table(
    "club_sponsor",
    Base.metadata,
    Column("country", String(2), primary_key=True),
    Column("number", primary_key=True, autoincrement=False),
    Column("sponsor", ForeignKey("sponsor.code"), primary_key=True),
    ForeignKeyConstraint(
        ["number", "country"], ["club.number", "club.country"], ondelete="CASCADE"
    ),
)
rival = Table(
    "rival",
    Base.metadata,
    Column("sponsor", ForeignKey("sponsor.code"), primary_key=True),
    Column("fights", ForeignKey("sponsor.code"), primary_key=True),
)


class Sponsor(Base):
    __tablename__ = "sponsor"

    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    fights: Mapped[list[Sponsor]] = relationship(
        secondary=rival,
        primaryjoin=code == rival.c.sponsor,
        secondaryjoin=code == rival.c.fights,
    )


class Club(Base):
    __tablename__ = "club"

    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str | None] = mapped_column(String(40))
    sponsors: Mapped[list[Sponsor]] = relationship(secondary=club_sponsor, passive_deletes=True)


class Match(Base):
    """Its own key has the home club's in it; it may be another one's return match."""

    __tablename__ = "match"
    __table_args__ = (
        ForeignKeyConstraint(["country", "number"], ["club.country", "club.number"]),
        ForeignKeyConstraint(["away_country", "away_number"], ["club.country", "club.number"]),
        ForeignKeyConstraint(
            ["first_country", "first_number", "first_day"],
            ["match.country", "match.number", "match.day"],
        ),
    )

    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    away_country: Mapped[str | None] = mapped_column(String(2))
    away_number: Mapped[int | None]
    first_country: Mapped[str | None] = mapped_column(String(2))
    first_number: Mapped[int | None]
    first_day: Mapped[int | None]


MODELS = (Sponsor, Club, Match)


def fill(session: Session) -> None:
    beer, bank = Sponsor(code="beer", name="A Beer"), Sponsor(code="bank", name="The Bank")
    beer.fights = [bank]
    session.add_all(
        [
            Club(country="de", number=1, name="Eins", sponsors=[beer, bank]),
            Club(country="de", number=2),
            Club(country="fr", number=1, name="Un"),
        ]
    )
    session.flush()
    session.add(Match(country="de", number=1, day=5, away_country="fr", away_number=1))
    session.flush()
    session.add(
        Match(
            country="fr", number=1, day=9, away_country="de", away_number=1,
            first_country="de", first_number=1, first_day=5,
        )
    )  # fmt: skip
    session.add(Match(country="de", number=2, day=1, away_country="de"))

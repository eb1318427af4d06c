"""The flight board: one day's departures from New York, with airlines, airports and planes.

These are ordinary mapped classes on a base of their own, as a user's models would be. All times
are on the clock of the New York airports, which is what a board of departures there shows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Enum, ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from dashboard.models.meta import NAMING_CONVENTION

STATUSES = ("scheduled", "delayed", "departed", "landed", "cancelled")

STATUS_TONES = {
    "scheduled": "muted",
    "delayed": "warning",
    "departed": "info",
    "landed": "good",
    "cancelled": "critical",
}

DELAY_TONES = [(15, "warning"), (61, "critical")]
"""From 15 minutes a flight counts as late in US statistics; from 61 it is over an hour late."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)


def _delay(label: str, **info: Any) -> Mapped[int | None]:
    return mapped_column(
        info={"label": label, "unit": "min", "tones": DELAY_TONES, "searchable": False, **info}
    )


class Flight(Base):
    """One departure. What isn't known yet, or never was recorded, is NULL."""

    __tablename__ = "flights"

    id: Mapped[int] = mapped_column(primary_key=True, info={"hidden": True})
    scheduled: Mapped[datetime] = mapped_column(DateTime, index=True)
    expected: Mapped[datetime | None] = mapped_column(
        DateTime,
        info={"help": "When it left or, while it waits, the earliest that it still can."},
    )
    carrier: Mapped[str] = mapped_column(ForeignKey("airlines.carrier"), info={"label": "Airline"})
    number: Mapped[int] = mapped_column(info={"label": "Flight"})
    destination: Mapped[str] = mapped_column(ForeignKey("airports.faa"))
    origin: Mapped[str] = mapped_column(
        ForeignKey("airports.faa"), info={"label": "From", "hidden": True}
    )
    status: Mapped[str] = mapped_column(
        Enum(*STATUSES, name="status", native_enum=False, create_constraint=True),
        default="scheduled",
        index=True,
        info={"tones": STATUS_TONES},
    )
    delay: Mapped[int | None] = _delay("Delay", help="Minutes late, so far or at departure.")
    tailnum: Mapped[str | None] = mapped_column(
        ForeignKey("planes.tailnum"), info={"label": "Plane", "hidden": True}
    )
    landed: Mapped[datetime | None] = mapped_column(
        DateTime, info={"hidden": True, "help": "On the New York clock."}
    )
    arrival_delay: Mapped[int | None] = _delay("Late at arrival", hidden=True)
    updated: Mapped[datetime | None] = mapped_column(
        DateTime, index=True, info={"label": "Last news", "help": "On the clock of the board."}
    )

    airline: Mapped[Airline] = relationship()
    plane: Mapped[Plane | None] = relationship()

    __table_args__: Any = {
        "sqlite_autoincrement": True,
        "info": {
            "label": "Flights",
            "description": "Departures from New York on 22 July 2013.",
            "label_column": ("carrier", "number"),
            "default_sort": ("-updated", "scheduled"),
        },
    }


class Airline(Base):
    __tablename__ = "airlines"

    carrier: Mapped[str] = mapped_column(primary_key=True, info={"label": "Code"})
    name: Mapped[str]

    __table_args__: Any = {"info": {"label": "Airlines", "default_sort": "name"}}


class Airport(Base):
    """An airport; of a few no more than the code is on record."""

    __tablename__ = "airports"

    faa: Mapped[str] = mapped_column(primary_key=True, info={"label": "Code"})
    name: Mapped[str | None]
    latitude: Mapped[float | None] = mapped_column(info={"unit": "°"})
    longitude: Mapped[float | None] = mapped_column(info={"unit": "°"})
    altitude: Mapped[int | None] = mapped_column(info={"unit": "ft"})
    time_zone: Mapped[str | None]

    __table_args__: Any = {"info": {"label": "Airports", "default_sort": "faa"}}


class Plane(Base):
    """A plane; of some no more than the registration is on record."""

    __tablename__ = "planes"

    tailnum: Mapped[str] = mapped_column(primary_key=True, info={"label": "Registration"})
    manufacturer: Mapped[str | None]
    model: Mapped[str | None]
    year: Mapped[int | None] = mapped_column(info={"label": "Built"})
    seats: Mapped[int | None]
    engines: Mapped[int | None]
    engine: Mapped[str | None] = mapped_column(info={"label": "Kind of engine"})

    __table_args__: Any = {
        "info": {"label": "Planes", "label_column": "tailnum", "default_sort": "tailnum"}
    }

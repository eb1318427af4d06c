"""A table of a million flights: the year of the demo's data three times over, or made up."""

from __future__ import annotations

import csv
import gzip
import random
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Index, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TIMES_OVER = 3
ROWS_A_YEAR = 336_776
COLUMNS = ("id", "scheduled", "carrier", "number", "origin", "destination", "delay", "distance")


class Base(DeclarativeBase):
    pass


class Flight(Base):
    __tablename__ = "flight"

    id: Mapped[int] = mapped_column(primary_key=True)
    scheduled: Mapped[datetime] = mapped_column(DateTime, index=True)
    carrier: Mapped[str] = mapped_column(String(2))
    number: Mapped[int]
    origin: Mapped[str] = mapped_column(String(3))
    destination: Mapped[str] = mapped_column(String(3))
    delay: Mapped[int | None]
    distance: Mapped[int]

    __table_args__ = (
        Index("ix_flight_carrier", "carrier", "scheduled"),
        Index("ix_flight_destination", "destination", "scheduled"),
        Index("ix_flight_delay", "delay"),
    )


def fill(path: Path, source: Path | None) -> int:
    """Put the flights into the empty table of an SQLite file; return how many there are."""
    year = list(_recorded(source) if source is not None and source.exists() else _made_up())
    shifts = [timedelta(days=365 * each) for each in range(TIMES_OVER)]
    numbers = count(1)
    rows = ((next(numbers), _text(day + shift), *rest) for shift in shifts for day, *rest in year)
    marks = ", ".join("?" * len(COLUMNS))
    with sqlite3.connect(path) as connection:
        connection.executemany(f"INSERT INTO flight ({', '.join(COLUMNS)}) VALUES ({marks})", rows)
        connection.execute("ANALYZE")
    connection.close()
    return len(year) * TIMES_OVER


def _text(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def _recorded(source: Path) -> Iterator[tuple[Any, ...]]:
    with gzip.open(source, "rt", newline="") as file:
        for row in csv.DictReader(file):
            day = datetime(int(row["year"]), int(row["month"]), int(row["day"]))
            minutes = timedelta(hours=int(row["hour"]), minutes=int(row["minute"]))
            delay = row["dep_delay"]
            yield (
                day + minutes,
                row["carrier"],
                int(row["flight"]),
                row["origin"],
                row["dest"],
                int(delay) if delay not in ("", "NA") else None,
                int(row["distance"]),
            )


def _made_up() -> Iterator[tuple[Any, ...]]:
    """Yield as many flights as there were, of carriers and to places that are as uneven."""
    chance = random.Random(1)
    carriers = [f"{first}{second}" for first in "ABCD" for second in "WXYZ"]
    places = [
        f"{first}{second}{third}" for first in "KLMN" for second in "ABCDE" for third in "XYZ"
    ]
    begin = datetime(2013, 1, 1, 5)
    for number in islice(count(), ROWS_A_YEAR):
        yield (
            begin + timedelta(minutes=number * 365 * 1440 // ROWS_A_YEAR),
            carriers[int(chance.random() ** 2 * len(carriers))],
            chance.randrange(1, 6000),
            chance.choice(("EWR", "JFK", "LGA")),
            places[int(chance.random() ** 2 * len(places))],
            None if chance.random() < 0.02 else int(chance.expovariate(0.05)) - 10,
            chance.randrange(100, 2600),
        )

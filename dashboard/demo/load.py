"""Put the flight board into a database: its tables, the day at its beginning, its boards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from dashboard.demo.boards import make_boards
from dashboard.demo.day import Record, beginning, records, tables
from dashboard.demo.models import Airline, Airport, Base, Flight, Plane
from dashboard.models.engine import lock

ACTOR = "demo"


def load(sessions: sessionmaker[Any]) -> bool:
    """Create and fill the demo's tables where they are missing or empty; tell whether it did.

    It is one transaction: of two processes that start at once the second finds the work done.
    """
    with sessions.begin() as session:
        session.info["dashboard.actor"] = ACTOR
        lock(session.connection(), "demo")
        Base.metadata.create_all(session.connection())
        loaded = is_empty(session)
        if loaded:
            fill(session)
        make_boards(session)
        return loaded


def is_empty(session: Session) -> bool:
    models = (Flight, Airline, Airport, Plane)
    return not any(session.scalar(select(func.count()).select_from(model)) for model in models)


def fill(session: Session) -> None:
    content = tables()
    session.add_all(Airline(**row) for row in content["airlines"])
    session.add_all(Airport(**row) for row in content["airports"])
    session.add_all(Plane(**row) for row in content["planes"])
    session.flush()
    session.add_all(flight(record) for record in records())


def flight(record: Record) -> Flight:
    return Flight(
        carrier=record.carrier,
        number=record.number,
        tailnum=record.tailnum,
        origin=record.origin,
        destination=record.destination,
        scheduled=record.scheduled,
        **beginning(),
    )

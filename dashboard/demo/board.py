"""The flight board in the database: what a replay writes to it, and how far the day has come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from dashboard.demo.day import Designator, Values
from dashboard.demo.models import Flight
from dashboard.models.engine import lock
from dashboard.models.setting import Setting

ACTOR = "replay"
POSITION = "demo.replay"


class TakenOver(Exception):
    """Another replay has begun on this database; only the newest plays."""


@contextmanager
def writing(sessions: sessionmaker[Any]) -> Iterator[Session]:
    """Give a session that is committed at the end of the block, in the replay's name."""
    with sessions(info={"dashboard.actor": ACTOR}) as session, session.begin():
        yield session


def find_flights(session: Session) -> dict[Designator, int]:
    """Return the ids of the board's flights; of two with the same name the older one counts."""
    rows = session.execute(
        select(Flight.id, Flight.carrier, Flight.number).order_by(Flight.id.desc())
    )
    return {(row.carrier, row.number): row.id for row in rows}


def tell(session: Session, ids: dict[Designator, int], flights: dict[Designator, Values]) -> None:
    """Write news to the board. A flight that someone deleted isn't brought back."""
    names = {ids[each]: each for each in flights if each in ids}
    found = select(Flight).where(Flight.id.in_(names)).order_by(Flight.id).with_for_update()
    for flight in session.scalars(found):
        for column, value in flights[names[flight.id]].items():
            setattr(flight, column, value)


def position(session: Session) -> datetime | None:
    """Return how far the day has come, or None where it never began; nobody plays meanwhile."""
    lock(session.connection(), "replay")
    setting = session.get(Setting, POSITION)
    return None if setting is None else datetime.fromisoformat(json.loads(setting.value)["at"])


def take(session: Session, player: str, at: datetime) -> None:
    """Note that ``player`` plays from now on, and that the day has come to ``at``."""
    session.merge(Setting(name=POSITION, value=json.dumps({"player": player, "at": str(at)})))


def keep(session: Session, player: str, at: datetime) -> None:
    """Note that the day has come to ``at``; raise TakenOver if ``player`` no longer plays it."""
    lock(session.connection(), "replay")
    setting = session.get(Setting, POSITION)
    if setting is None or json.loads(setting.value)["player"] != player:
        raise TakenOver
    take(session, player, at)

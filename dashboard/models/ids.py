"""Ids that no other row ever gets, also on SQLite.

A session's cookie and the log name rows by their ids, and SQLite uses the id of a deleted last row
again. Its AUTOINCREMENT would prevent that, but it makes a table, sqlite_sequence, that can't be
dropped, and the program has to leave no trace in a database of others.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.orm import Mapper

from dashboard.models.setting import Setting


class LastingId:
    """A mapped class whose ``id`` counts up for ever."""


@event.listens_for(LastingId, "before_insert", propagate=True)
def give_id(mapper: Mapper[Any], connection: Connection, record: Any) -> None:
    """Give a row the number after the highest that there was. PostgreSQL's sequences do so."""
    if connection.dialect.name != "sqlite" or record.id is not None:
        return
    table: Any = mapper.local_table
    name = f"last id of {table.name}"
    noted = connection.scalar(sa.select(Setting.value).where(Setting.name == name))
    highest = connection.scalar(sa.select(sa.func.max(table.c.id)))
    record.id = max(int(noted or 0), highest or 0) + 1
    value = {"value": str(record.id)}
    if noted is None:
        connection.execute(sa.insert(Setting).values(name=name, **value))
    else:
        connection.execute(sa.update(Setting).where(Setting.name == name).values(**value))

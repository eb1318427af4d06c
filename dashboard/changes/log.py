"""The change log: its head, its changes in order, those of one record, and its pruning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from dashboard.changes.change import Change, Head
from dashboard.models.log import ChangeHead, ChangeRecord
from dashboard.models.types import utc_now

HEAD = cast(sa.Table, ChangeHead.__table__)
LOG = cast(sa.Table, ChangeRecord.__table__)

Reader = Connection | Session

to_text = json.JSONEncoder(separators=(",", ":")).encode


def to_key_text(key: Sequence[Any]) -> str:
    """Return a key of JSON values as the log's ``key`` column has it."""
    return to_text(key)


def _from_record(row: Any) -> Change:
    before = None if row.before is None else json.loads(row.before)
    after = None if row.after is None else json.loads(row.after)
    if before is not None and after is not None:
        before = {**after, **before}
    return Change(
        seq=row.seq,
        table=row.table_name,
        key=tuple(json.loads(row.key)),
        op=row.op,
        before=before,
        after=after,
        actor=row.actor,
        at=row.at,
    )


def head(reader: Reader) -> Head:
    """Return the log's head; raise NoResultFound on a database that isn't migrated."""
    row = reader.execute(sa.select(HEAD.c.epoch, HEAD.c.seq, HEAD.c.pruned)).one()
    return Head(row.epoch, row.seq, row.pruned)


def read(reader: Reader, after: int, through: int | None = None, limit: int = 1000) -> list[Change]:
    """Return up to ``limit`` changes whose numbers are above ``after``, in order."""
    statement = sa.select(LOG).where(LOG.c.seq > after).order_by(LOG.c.seq).limit(limit)
    if through is not None:
        statement = statement.where(LOG.c.seq <= through)
    return [_from_record(row) for row in reader.execute(statement)]


def history(reader: Reader, table: str, key: Sequence[Any], limit: int = 50) -> list[Change]:
    """Return the latest changes of one record, newest first. ``key`` holds JSON values."""
    statement = (
        sa.select(LOG)
        .where(LOG.c.table_name == table, LOG.c.key == to_key_text(key))
        .order_by(LOG.c.seq.desc())
        .limit(limit)
    )
    return [_from_record(row) for row in reader.execute(statement)]


def prunable(reader: Reader, days: float, keep: int, now: datetime | None = None) -> int:
    """Return the highest number before the oldest change of the last ``days``, or of all but the
    newest ``keep``.
    """
    cutoff = (now or utc_now()) - timedelta(days=days)
    last = head(reader).seq
    # Reads what is to go, and one more: an index on the times would cost every commit.
    young = sa.select(LOG.c.seq).where(LOG.c.at >= cutoff).order_by(LOG.c.seq).limit(1)
    first_kept = reader.scalar(young) or last + 1
    return max(first_kept - 1, last - keep)


def prune(connection: Connection, through: int, most: int | None = None) -> int:
    """Delete changes up to a number, but at most the oldest ``most``; return how many."""
    if most is not None:
        oldest = connection.execute(sa.select(sa.func.min(LOG.c.seq))).scalar() or 0
        through = min(through, oldest + most - 1)
    gone = connection.execute(sa.delete(LOG).where(LOG.c.seq <= through)).rowcount
    if gone:
        connection.execute(
            sa.update(HEAD).where(HEAD.c.id == 1, HEAD.c.pruned < through).values(pruned=through)
        )
    return gone

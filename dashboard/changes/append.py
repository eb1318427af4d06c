"""Appending to the change log: the differences of one transaction get their numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.changes.change import Change, JsonRow
from dashboard.changes.log import HEAD, LOG, to_key_text
from dashboard.models.types import utc_now


class Differs(Protocol):
    """What is appended: a record's name, and its values before and after."""

    @property
    def table(self) -> str: ...
    @property
    def key(self) -> tuple[Any, ...]: ...
    @property
    def before(self) -> JsonRow | None: ...
    @property
    def after(self) -> JsonRow | None: ...


class Appended(NamedTuple):
    """The log's epoch, and the changes as they stand in it."""

    epoch: str
    changes: list[Change]


# Built once: making a statement takes longer than running it.
_ADVANCE = sa.update(HEAD).where(HEAD.c.id == 1).values(seq=HEAD.c.seq + sa.bindparam("count"))
_ADVANCE_RETURNING = _ADVANCE.returning(HEAD.c.epoch, HEAD.c.seq)
_READ_ADVANCED = sa.select(HEAD.c.epoch, HEAD.c.seq).where(HEAD.c.id == 1)
_INSERT = sa.insert(LOG)

# One message to PostgreSQL, which is why its values are rendered as literals. Whoever else commits
# waits for the head row while this one runs, but not for its client.
_APPEND_AND_COMMIT = sa.text(
    """
    WITH head AS (
        UPDATE dashboard_change_head SET seq = seq + :count WHERE id = 1 RETURNING epoch, seq
    ), added AS (
        INSERT INTO dashboard_change_log (seq, table_name, key, op, before, after, actor, at)
        SELECT head.seq - :count + n, table_name, key, op, before, after, actor, at
        FROM head, json_to_recordset(:records) AS record (
            n bigint, table_name text, key text, op text, before text, after text, actor text,
            at timestamptz
        )
    )
    SELECT epoch, seq FROM head;
    COMMIT
    """
).bindparams(
    sa.bindparam("count", type_=sa.Integer, literal_execute=True),
    sa.bindparam("records", type_=sa.Text, literal_execute=True),
)


def append(connection: Connection, differences: Sequence[Differs], actor: str | None) -> Appended:
    """Number the differences and write them to the log.

    Call it as the last step before the commit: from here the head row is locked, which is what
    keeps the numbers in commit order.
    """
    count = len(differences)
    if connection.dialect.update_returning:
        epoch, last = connection.execute(_ADVANCE_RETURNING, {"count": count}).one()
    else:
        connection.execute(_ADVANCE, {"count": count})
        epoch, last = connection.execute(_READ_ADVANCED).one()
    records = _records(differences, actor)
    for seq, record in enumerate(records, last - count + 1):
        record["seq"] = seq
    connection.execute(_INSERT, records)
    return Appended(epoch, _changes(differences, records, last))


def append_and_commit(
    connection: Connection, differences: Sequence[Differs], actor: str | None
) -> Appended:
    """Append, and commit in the same round trip where that can be done.

    The head row's lock is what all writers wait for. Where it can't be done the caller's own
    commit follows; where it was done that finds nothing to commit.
    """
    if connection.dialect.driver != "psycopg":
        return append(connection, differences, actor)
    records = _records(differences, actor)
    numbered = [
        {**record, "n": n, "at": record["at"].isoformat()} for n, record in enumerate(records, 1)
    ]
    parameters = {"count": len(records), "records": json.dumps(numbered)}
    epoch, last = connection.execute(_APPEND_AND_COMMIT, parameters).one()
    return Appended(epoch, _changes(differences, records, last))


def _records(differences: Sequence[Differs], actor: str | None) -> list[dict[str, Any]]:
    """Return the log's rows, but for their numbers."""
    at = utc_now()
    return [
        {
            "table_name": each.table,
            "key": to_key_text(each.key),
            "op": _op(each),
            "before": None if each.before is None else json.dumps(each.before),
            "after": None if each.after is None else json.dumps(each.after),
            "actor": actor,
            "at": at,
        }
        for each in differences
    ]


def _op(difference: Differs) -> str:
    if difference.before is None:
        return "insert"
    return "delete" if difference.after is None else "update"


def _changes(
    differences: Sequence[Differs], records: Sequence[dict[str, Any]], last: int
) -> list[Change]:
    numbered = enumerate(zip(differences, records, strict=True), last - len(records) + 1)
    return [
        Change(
            seq, each.table, each.key, record["op"], each.before, each.after, record["actor"],
            record["at"],
        )
        for seq, (each, record) in numbered
    ]  # fmt: skip

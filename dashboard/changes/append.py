"""Appending to the change log: the differences of one transaction get their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

from dashboard.changes.change import Change, JsonRow
from dashboard.changes.log import HEAD, LOG, to_record
from dashboard.changes.prepared import Prepared, as_sqlalchemys
from dashboard.models.types import utc_now


class Differs(Protocol):
    """What is appended: a record's name, and its values before and after.

    Who changed it, and when, are left to the one who appends unless they are set.
    """

    @property
    def table(self) -> str: ...
    @property
    def key(self) -> tuple[Any, ...]: ...
    @property
    def before(self) -> JsonRow | None: ...
    @property
    def after(self) -> JsonRow | None: ...
    @property
    def actor(self) -> str | None: ...
    @property
    def at(self) -> datetime | None: ...


class Appended(NamedTuple):
    """The log's epoch, and the changes as they stand in it."""

    epoch: str
    changes: list[Change]


class Unnumbered(NamedTuple):
    """Changes whose numbers count from 1, and what the INSERT of the log's rows is given."""

    changes: list[Change]
    rows: list[Any]

    def numbered(self, epoch: str, last: int) -> Appended:
        before = last - len(self.changes)
        return Appended(epoch, [replace(each, seq=before + each.seq) for each in self.changes])


# Numbers and rows in one message to PostgreSQL. Whoever else commits waits for the head row while
# this one runs, but not for its client.
_APPEND_AND_COMMIT = """
    WITH head AS (
        UPDATE dashboard_change_head SET seq = seq + %s WHERE id = 1 RETURNING epoch, seq
    ), added AS (
        INSERT INTO dashboard_change_log (seq, table_name, key, op, before, after, actor, at)
        SELECT head.seq - %s + n, table_name, key, op, before, after, %s, %s
        FROM head, (VALUES {rows}) AS record (n, table_name, key, op, before, after)
    )
    SELECT epoch, seq FROM head;
    COMMIT
    """
MOST_IN_A_MESSAGE = 1000


class Log:
    """Appends to the log of one engine's database; its statements are made once."""

    def __init__(self, dialect: Dialect) -> None:
        advance = sa.update(HEAD).where(HEAD.c.id == 1)
        advance = advance.values(seq=HEAD.c.seq + sa.bindparam("count"))
        read = sa.select(HEAD.c.epoch, HEAD.c.seq).where(HEAD.c.id == 1)
        self._returns = dialect.update_returning
        if self._returns:
            advance = advance.returning(HEAD.c.epoch, HEAD.c.seq)
        self._advance = Prepared(advance, dialect)
        self._read = Prepared(read, dialect)
        self._insert = Prepared(_insert(), dialect)
        self._in_one_message = dialect.driver == "psycopg"

    def append(
        self, connection: Connection, differences: Sequence[Differs], actor: str | None
    ) -> Appended:
        """Number the differences and write them to the log.

        Call it as the last step before the commit: from here the head row is locked, which is what
        keeps the numbers in commit order.
        """
        unnumbered = self.prepare(differences, actor)
        return unnumbered.numbered(*self.write(connection, unnumbered))

    def prepare(self, differences: Sequence[Differs], actor: str | None) -> Unnumbered:
        """Make rows of the differences, which takes longer than writing them and needs no lock."""
        changes = _changes(differences, 0, actor)
        count = len(changes)
        rows = ({**to_record(each), "back": count - each.seq} for each in changes)
        return Unnumbered(changes, [self._insert.bound(each) for each in rows])

    def write(self, connection: Connection, unnumbered: Unnumbered) -> tuple[str, int]:
        """Write what was prepared; return the epoch and the last number taken. See ``append``."""
        taken = self._take_numbers(connection, len(unnumbered.changes))
        self._insert.run_bound(connection, unnumbered.rows)
        return taken

    def append_and_commit(
        self, connection: Connection, differences: Sequence[Differs], actor: str | None
    ) -> Appended:
        """Append, and commit in the same round trip where that can be done.

        All of the differences must be of the same actor and time, so they have none of their own.
        The head row's lock is what all writers wait for. Where it can't be done the caller's own
        commit follows; where it was done that finds nothing to commit.
        """
        if not self._in_one_message or len(differences) > MOST_IN_A_MESSAGE:
            return self.append(connection, differences, actor)
        changes = _changes(differences, 0, actor)
        return Unnumbered(changes, []).numbered(*_send(connection, changes))

    def _take_numbers(self, connection: Connection, count: int) -> tuple[str, int]:
        """Advance the head; return the epoch and the last of the numbers taken."""
        if self._returns:
            rows = self._advance.rows(connection, {"count": count})
        else:
            self._advance.run(connection, [{"count": count}])
            rows = self._read.rows(connection, {})
        ((epoch, last),) = rows
        return epoch, last


def _insert() -> sa.Insert:
    """Return the INSERT of the log's rows, whose number is ``back`` below the head's."""
    head = sa.select(HEAD.c.seq).where(HEAD.c.id == 1).scalar_subquery()
    names = [column.name for column in LOG.c if column is not LOG.c.seq]
    given = [sa.bindparam(name, type_=LOG.c[name].type) for name in names]
    number = head - sa.bindparam("back", type_=LOG.c.seq.type)
    return sa.insert(LOG).from_select(["seq", *names], sa.select(number, *given))


def _send(connection: Connection, changes: Sequence[Change]) -> tuple[str, int]:
    """Append to PostgreSQL's log and commit; return the epoch and the last number taken."""
    from psycopg import ClientCursor, Error  # The one cursor that sends several statements.

    values: list[Any] = [len(changes), len(changes), changes[0].actor, changes[0].at]
    for each in changes:
        record = to_record(each)
        values += [record[name] for name in ("seq", "table_name", "key", "op", "before", "after")]
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(changes))
    driver: Any = connection.connection.dbapi_connection
    with ClientCursor(driver) as cursor:
        try:
            cursor.execute(_APPEND_AND_COMMIT.format(rows=rows), values)
            (head,) = cursor.fetchall()
            return head
        except Error as error:
            raise as_sqlalchemys(error, _APPEND_AND_COMMIT, connection.dialect) from error


def _changes(differences: Sequence[Differs], before: int, actor: str | None) -> list[Change]:
    """Return the differences as changes with the numbers that follow ``before``."""
    at = utc_now()
    return [
        Change(
            seq, each.table, each.key, _op(each), each.before, each.after, each.actor or actor,
            each.at or at,
        )
        for seq, each in enumerate(differences, before + 1)
    ]  # fmt: skip


def _op(difference: Differs) -> str:
    if difference.before is None:
        return "insert"
    return "delete" if difference.after is None else "update"

"""Appending to the change log: the differences of one transaction get their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

from dashboard.changes.change import Change, JsonRow
from dashboard.changes.log import HEAD, LOG, to_key_text, to_text
from dashboard.changes.prepared import Prepared
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


class Row(NamedTuple):
    """A row of the log but for its number."""

    table_name: str
    key: str
    op: str
    before: str | None
    after: str | None
    actor: str | None
    at: datetime


class Unnumbered(NamedTuple):
    """Differences, and the rows of the log that they make."""

    differences: Sequence[Differs]
    rows: list[Row]

    def numbered(self, epoch: str, last: int) -> Appended:
        """Return the changes, whose numbers end with ``last``."""
        changes = [
            Change(seq, each.table, each.key, row.op, each.before, each.after, row.actor, row.at)
            for seq, each, row in zip(
                range(last - len(self.rows) + 1, last + 1), self.differences, self.rows, strict=True
            )
        ]
        return Appended(epoch, changes)


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
        self._insert = Prepared(sa.insert(LOG), dialect)

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
        now = utc_now()
        return Unnumbered(differences, [_row(each, actor, now) for each in differences])

    def write(self, connection: Connection, unnumbered: Unnumbered) -> tuple[str, int]:
        """Write what was prepared; return the epoch and the last number taken. See ``append``."""
        rows = unnumbered.rows
        epoch, last = self._take_numbers(connection, len(rows))
        first = last - len(rows) + 1
        self._insert.run(
            connection, [{"seq": seq, **row._asdict()} for seq, row in enumerate(rows, first)]
        )
        return epoch, last

    def append_and_commit(
        self, connection: Connection, differences: Sequence[Differs], actor: str | None
    ) -> Appended:
        """Append, and commit in the same round trip where that can be done.

        The head row's lock is what all writers wait for. Where it can't be done the caller's own
        commit follows; where it was done that finds nothing to commit.
        """
        return self.append(connection, differences, actor)

    def _take_numbers(self, connection: Connection, count: int) -> tuple[str, int]:
        """Advance the head; return the epoch and the last of the numbers taken."""
        if self._returns:
            rows = self._advance.rows(connection, {"count": count})
        else:
            self._advance.run(connection, [{"count": count}])
            rows = self._read.rows(connection, {})
        ((epoch, last),) = rows
        return epoch, last


def _row(difference: Differs, actor: str | None, now: datetime) -> Row:
    """Return a row of the log.

    Of what an update has left as it was, ``before`` says nothing: it is in ``after``.
    """
    before, after = difference.before, difference.after
    if before is None:
        op = "insert"
    elif after is None:
        op = "delete"
    else:
        op = "update"
        before = {name: each for name, each in before.items() if after.get(name, _NONE) != each}
    return Row(
        difference.table,
        to_key_text(difference.key),
        op,
        None if before is None else to_text(before),
        None if after is None else to_text(after),
        difference.actor or actor,
        difference.at or now,
    )


_NONE = object()

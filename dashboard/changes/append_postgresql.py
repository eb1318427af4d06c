"""Appending to PostgreSQL's log and committing in one message."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from dashboard.changes.append import Appended, Differs, Log, Row
from dashboard.changes.prepared import as_sqlalchemys

# Whoever else commits waits for the head row while this runs, but not for its client. The function
# is of the program's tables: its statements are planned once for a connection.
_APPEND_AND_COMMIT = "SELECT epoch, seq FROM dashboard_append(ARRAY[{rows}]); COMMIT"
_ROW = f"(NULL{', %s' * len(Row._fields)})::dashboard_change_log"

MOST_IN_A_MESSAGE = 50
"""Of more rows the server takes longer to read them as SQL than as parameters."""


class PostgresqlLog(Log):
    """For psycopg, whose connections can send several statements as one message."""

    def append_and_commit(
        self, connection: Connection, differences: Sequence[Differs], actor: str | None
    ) -> Appended:
        if len(differences) > MOST_IN_A_MESSAGE:
            return self.append(connection, differences, actor)
        unnumbered = self.prepare(differences, actor)
        return unnumbered.numbered(*_send(connection, unnumbered.rows))


def _send(connection: Connection, rows: Sequence[Row]) -> tuple[str, int]:
    """Append and commit; return the epoch and the last number taken."""
    from psycopg import ClientCursor, Error  # The one cursor that sends several statements.

    text = _APPEND_AND_COMMIT.format(rows=", ".join([_ROW] * len(rows)))
    driver: Any = connection.connection.dbapi_connection
    with ClientCursor(driver) as cursor:
        try:
            cursor.execute(text, [*chain.from_iterable(rows)])
            (head,) = cursor.fetchall()
            return head
        except Error as error:
            raise as_sqlalchemys(error, text, connection.dialect) from error

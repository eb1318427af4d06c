"""Capture: the listeners that see each statement, the commit and the rollback of an engine."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, sessionmaker

from dashboard.changes.append import Appended, Log
from dashboard.changes.append_postgresql import PostgresqlLog
from dashboard.changes.capture import statements
from dashboard.changes.capture.pending import Difference, Pending
from dashboard.changes.capture.tables import WatchedTables
from dashboard.changes.capture.watched import Key, Row, Watched
from dashboard.changes.change import Change, Cursor

logger = logging.getLogger(__name__)

PENDING = "dashboard.pending"
SESSION = "dashboard.session"
COMMITTED = "dashboard.committed"
EPOCH = "dashboard.epoch"

Append = Callable[[Connection, Sequence[Difference], str | None], Appended]
Publish = Callable[[Sequence[Change]], None]
Announce = Callable[[Cursor], None]
ActorOf = Callable[[Session], str | None]
Settle = Callable[[Connection, list[Difference]], tuple[list[Difference], list[Difference]]]
"""Puts what was captured together with what triggers noted of it: returns what others did before
to the same records, and what the transaction did."""


class Capture:
    """Writes the changes of an engine's transactions to the log, in the same transaction.

    It looks at statements as they reach the connection, which is where the unit of work, ORM
    bulk statements, many-to-many rows and Core statements all come together.
    """

    def __init__(
        self,
        tables: WatchedTables,
        publish: Publish | None,
        actor_of: ActorOf,
        announce: Announce | None,
        settle: Settle,
    ) -> None:
        self._tables = tables
        self._settle = settle
        self._publish = publish
        self._announce = announce
        self._actor_of = actor_of

    def listen(self, engine: Engine, sessions: sessionmaker[Any]) -> None:
        event.listen(engine, "before_execute", self.before_execute, retval=True)
        event.listen(engine, "after_execute", self.after_execute)
        event.listen(engine, "begin", self.forget)
        event.listen(engine, "rollback", self.forget)
        log = (PostgresqlLog if engine.dialect.driver == "psycopg" else Log)(engine.dialect)
        event.listen(
            engine, "commit", lambda connection: self.log(connection, log, log.append_and_commit)
        )
        event.listen(
            engine,
            "prepare_twophase",
            lambda connection, xid: self.log(connection, log, log.append),
        )
        event.listen(sessions, "after_begin", self.after_begin)
        event.listen(sessions, "after_commit", self.after_commit)
        event.listen(sessions, "after_rollback", self.after_rollback)

    def before_execute(
        self,
        connection: Connection,
        statement: Any,
        multiparams: Any,
        params: Any,
        execution_options: Any,
    ) -> tuple[Any, Any, Any]:
        """Note the rows that an INSERT, UPDATE or DELETE is about to touch."""
        if isinstance(statement, sa.Insert | sa.Update | sa.Delete):
            watched = self._tables.of_written(statements.written_table(statement))
            if watched is not None:
                sets = multiparams or [params]
                statement = self._note(connection, watched, statement, sets)
        return statement, multiparams, params

    def _note(
        self, connection: Connection, watched: Watched, statement: Any, sets: Sequence[Any]
    ) -> Any:
        pending = connection.info.setdefault(PENDING, Pending(self._tables))
        if isinstance(statement, sa.Insert):
            return self._note_insert(connection, pending, watched, statement, sets)
        keys = statements.keys_in_where(watched, statement, sets)
        if keys is not None:
            rows = pending.touch_keys(connection, watched, keys)
        else:
            select = watched.select(statement.whereclause)
            rows = [
                row
                for each in sets
                for row in pending.touch(watched, watched.rows(connection, select, each))
            ]
        if isinstance(statement, sa.Delete):
            pending.touch_cascades(connection, watched, rows, deleting=True)
        else:
            self._note_moves(connection, pending, watched, statement, sets, keys, rows)
        return statement

    def _note_moves(
        self,
        connection: Connection,
        pending: Pending,
        watched: Watched,
        statement: sa.Update,
        sets: Sequence[Any],
        keys: list[Key] | None,
        rows: list[Row],
    ) -> None:
        """Note where rows go whose primary key an UPDATE sets, and what refers to them."""
        written = statements.written_values(watched, statement, sets)
        names = {name for row in written for name in row}
        if not names.isdisjoint(self._tables.referred(watched.table)):
            if keys is not None:
                # Rows that this transaction added or moved take along what refers to them now.
                rows = list(watched.fetch(connection, keys))
            pending.touch_cascades(connection, watched, rows, deleting=False)
        if names.isdisjoint(watched.key_names):
            return
        if keys is None:
            pending.expect_new_keys(connection, watched)
            return
        old = [dict(zip(watched.key_names, key, strict=True)) for key in keys]
        merged = [{**before, **row} for before, row in zip(old, written, strict=True)]
        new = statements.keys_in_values(watched, merged)
        if new is None:
            pending.expect_new_keys(connection, watched)
        else:
            pending.touch_keys(connection, watched, new)

    def _note_insert(
        self,
        connection: Connection,
        pending: Pending,
        watched: Watched,
        statement: sa.Insert,
        sets: Sequence[Any],
    ) -> Any:
        plain = statements.is_plain_insert(statement)
        if plain and len(sets) == 1:
            return statement  # Its result tells the key.
        if statement.select is not None:
            keys = None
        else:
            written = statements.written_values(watched, statement, sets)
            keys = statements.keys_in_values(watched, written)
        if plain:
            if connection.dialect.name == "sqlite":
                # Where SQLite refuses one of the rows, those before it stay.
                self._expect_rows(connection, pending, watched, keys)
            if keys is None and not statement._return_defaults:
                # So the result of an insert of many rows knows the keys that the database made.
                return statement.return_defaults(*watched.key)
            return statement
        if statements.only_adds(statement):
            self._expect_rows(connection, pending, watched, keys)
            return statement
        columns = statements.conflict_columns(statement, watched)
        if keys is None or columns is None:
            pending.touch_everything(connection, watched)
            return statement
        values = [[row.get(column.name) for column in columns] for row in written]
        pending.touch(watched, watched.fetch_by(connection, columns, values))
        pending.touch_keys(connection, watched, keys)
        return statement

    def _expect_rows(
        self, connection: Connection, pending: Pending, watched: Watched, keys: list[Key] | None
    ) -> None:
        """Note what there is where an INSERT adds rows; it may not tell which keys they get."""
        if keys is None:
            pending.expect_inserts(connection, watched)
        else:
            pending.touch_keys(connection, watched, keys)

    def after_execute(
        self,
        connection: Connection,
        statement: Any,
        multiparams: Any,
        params: Any,
        execution_options: Any,
        result: Any,
    ) -> None:
        """Note the keys that an INSERT made."""
        if not isinstance(statement, sa.Insert) or not statements.is_plain_insert(statement):
            return
        watched = self._tables.of_written(statements.written_table(statement))
        if watched is None:
            return
        pending: Pending = connection.info[PENDING]
        if watched.table.primary_key.columns:
            keys = [tuple(row) for row in result.inserted_primary_key_rows]
        else:
            written = statements.written_values(watched, statement, multiparams or [params])
            keys = statements.keys_in_values(watched, written) or []
        pending.touch_new(watched, keys)

    def forget(self, connection: Connection) -> None:
        """Drop what was noted: the transaction begins, or is rolled back."""
        if not connection.invalidated:  # What is gone has taken along what was noted of it.
            connection.info.pop(PENDING, None)

    def log(self, connection: Connection, log: Log, append: Append) -> None:
        """Write what differs to the log: the last step before the database commits.

        Where that fails nothing is committed. SQLAlchemy takes the transaction for ended then, and
        would give the connection back with what is open in it.
        """
        try:
            self._log(connection, log, append)
        except BaseException:
            if not connection.invalidated:
                self._roll_back(connection)
            raise

    def _roll_back(self, connection: Connection) -> None:
        try:
            connection.connection.rollback()
        except connection.dialect.loaded_dbapi.Error:
            connection.invalidate()  # It is gone, and what was open with it.

    def _log(self, connection: Connection, log: Log, append: Append) -> None:
        pending = connection.info.pop(PENDING, None)
        captured = [] if pending is None else list(pending.differences(connection))
        earlier, differences = self._settle(connection, captured)
        session = self._session_of(connection)
        if earlier:
            self._remember(session, log.append(connection, earlier, None))
        if differences:
            actor = None if session is None else self._actor_of(session)
            self._remember(session, append(connection, differences, actor))

    def _remember(self, session: Session | None, appended: Appended) -> None:
        """Keep what was logged for those who are told of it after the commit."""
        if session is not None:
            session.info[EPOCH] = appended.epoch
            session.info.setdefault(COMMITTED, []).extend(appended.changes)

    def _session_of(self, connection: Connection) -> Session | None:
        reference = connection.info.get(SESSION)
        return None if reference is None else reference()

    def after_begin(self, session: Session, transaction: Any, connection: Connection) -> None:
        connection.info[SESSION] = weakref.ref(session)

    def after_commit(self, session: Session) -> None:
        """Hand the committed changes on. Nothing that goes wrong here may fail the writer."""
        if session.in_nested_transaction():
            return
        changes = session.info.pop(COMMITTED, None)
        if not changes:
            return
        try:
            if self._publish is not None:
                self._publish(changes)
            if self._announce is not None:
                self._announce(Cursor(session.info[EPOCH], changes[-1].seq))
        except Exception:
            logger.exception("Publishing %d committed changes failed.", len(changes))

    def after_rollback(self, session: Session) -> None:
        session.info.pop(COMMITTED, None)

"""Statements of our own that every commit pays for: compiled once, and run on the DBAPI's cursor.

``Connection.execute`` takes five times as long as SQLite does for a row that it finds by its key,
and what is added to a commit is what all other writers wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, StatementError

Parameters = Mapping[str, Any]
Process = Callable[[Any], Any]


class Prepared:
    """A statement whose text is the same for all of its parameters (no expanding IN).

    ``names`` are the columns that an INSERT is given. Values are converted as their types say, and
    the driver's errors are raised as SQLAlchemy's.
    """

    def __init__(
        self, statement: Any, dialect: Dialect, names: Sequence[str] | None = None
    ) -> None:
        compiled = statement.compile(
            dialect=dialect, column_keys=None if names is None else list(names)
        )
        self._text = str(compiled)
        self._dialect = dialect
        self._error: type[Exception] = dialect.loaded_dbapi.Error
        values = {name: bind.effective_value for name, bind in compiled.binds.items()}
        self._constants = {name: value for name, value in values.items() if value is not None}
        self._by_position = compiled.positional
        self._binds: list[tuple[str, Process | None]] = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in (compiled.positiontup or compiled.binds)
        ]
        self._columns = getattr(statement, "exported_columns", ())
        self._results: list[tuple[int, Process]] | None = None

    def rows(self, connection: Connection, parameters: Parameters) -> list[Sequence[Any]]:
        """Run it once and return its rows."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, self.bound(parameters))
            found = list(cursor.fetchall())
            if found and self._results is None:
                self._results = self._result_processors(cursor.description)
        except self._error as error:
            raise as_sqlalchemys(error, self._text, self._dialect) from error
        finally:
            cursor.close()
        return list(map(self._converted, found)) if self._results else found

    def run(self, connection: Connection, parameters: Sequence[Parameters]) -> int:
        """Run it with each of some parameters; return how many rows the last one touched."""
        return self.run_bound(connection, [self.bound(each) for each in parameters])

    def run_bound(self, connection: Connection, bound: Sequence[Any]) -> int:
        """Do the same with what ``bound`` has made of the parameters."""
        cursor = connection.connection.cursor()
        try:
            if len(bound) == 1:
                cursor.execute(self._text, bound[0])
            else:
                cursor.executemany(self._text, bound)
            return int(cursor.rowcount)
        except self._error as error:
            raise as_sqlalchemys(error, self._text, self._dialect) from error
        finally:
            cursor.close()

    def bound(self, parameters: Parameters) -> Any:
        """Return parameters as the driver takes them."""
        given = {**self._constants, **parameters} if self._constants else parameters
        try:
            values = [
                given[name] if process is None else process(given[name])
                for name, process in self._binds
            ]
        except (TypeError, ValueError) as error:
            raise StatementError(str(error), self._text, parameters, error) from error
        if self._by_position:
            return values
        return {name: value for (name, _), value in zip(self._binds, values, strict=True)}

    def _result_processors(self, description: Any) -> list[tuple[int, Process]]:
        types = [column.type.dialect_impl(self._dialect) for column in self._columns]
        found = [
            each.result_processor(self._dialect, about[1])
            for each, about in zip(types, description, strict=True)
        ]
        return [(place, process) for place, process in enumerate(found) if process is not None]

    def _converted(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for place, process in self._results or ():
            values[place] = process(values[place])
        return values


def as_sqlalchemys(error: Exception, text: str, dialect: Dialect) -> Exception:
    """Return a driver's error as SQLAlchemy raises it; ``text`` is the statement that it is of."""
    return DBAPIError.instance(text, None, error, dialect.loaded_dbapi.Error, dialect=dialect)

"""What the database and the models refuse, turned into Refused."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import FlushError, StaleDataError

from dashboard.catalog import Invalid, Table
from dashboard.forms.constraints import IN_USE, explain, why_kept
from dashboard.forms.refusal import Refused

log = logging.getLogger(__name__)

UNSTORABLE = "The database can't store this: {}"
IGNORED = "The database has a rule by which it left everything as it was, and didn't say why."

_REFUSING_STATES = ("21", "22", "23", "44", "54", "P0")
"""Classes of SQLSTATE that are about the data: bad data, constraints, limits, and triggers."""

_BROKEN_STATES = ("09", "0A", "27", "2F", "38", "39", "42", "55000", "XX000")
"""Those of what a trigger, a policy or a default does wrong, or isn't allowed to do."""


@contextmanager
def refusing_write(session: Session, table: Table, values: Mapping[str, Any]) -> Iterator[None]:
    """Raise Refused for what refuses ``values``, the whole record.

    Put it around the savepoint: it asks the database what was missing.
    """
    try:
        yield
    except StatementError as error:
        first = _refusal(error)
        if isinstance(first, DBAPIError):
            raise Refused(explain(first, session, table, values)) from error
        raise Refused({None: [UNSTORABLE.format(first.orig)]}) from error
    except OverflowError as error:
        raise Refused({None: [UNSTORABLE.format(error)]}) from error
    except (StaleDataError, FlushError) as error:
        raise Refused({None: [IGNORED]}) from error
    except Invalid as error:
        raise Refused(error.errors) from error
    except ValueError as error:
        raise Refused({None: [str(error)]}) from error


@contextmanager
def refusing_delete() -> Iterator[None]:
    """Raise Refused for what keeps a record from being deleted."""
    try:
        yield
    except StatementError as error:
        raise Refused({None: [why_kept(_refusal(error)) or IN_USE]}) from error
    except StaleDataError as error:
        raise Refused({None: [IGNORED]}) from error
    except AssertionError as error:
        # The ORM says so of a record whose key would lose a part of itself.
        raise Refused({None: [IN_USE]}) from error
    except ValueError as error:
        raise Refused({None: [str(error)]}) from error


def _refusal(error: StatementError) -> StatementError:
    """Return what refused the record; raise ``error`` where that's no refusal.

    A lost connection or a full disk, for one, is no fault of the record.
    """
    first = error
    # SQLite may roll all of the transaction back, and then there's no savepoint to go back to.
    while "no such savepoint" in str(first.orig) and isinstance(first.__context__, StatementError):
        first = first.__context__
    if not isinstance(first, DBAPIError):
        # SQLAlchemy wraps what its types raise for a value in a plain StatementError.
        if not isinstance(first.orig, ValueError | TypeError | OverflowError):
            raise error
    elif _is_broken(first):
        log.warning("A record was refused: %s", first.orig)
    elif not _is_about_data(first):
        raise error
    return first


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", ""))


def _is_about_data(error: DBAPIError) -> bool:
    return isinstance(error, IntegrityError | DataError) or _state(error).startswith(
        _REFUSING_STATES
    )


def _is_broken(error: DBAPIError) -> bool:
    """Tell whether the table's own rules failed: its triggers, its references to what isn't there.

    SQLite has one number for all of that.
    """
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_ERROR or _state(error).startswith(_BROKEN_STATES)

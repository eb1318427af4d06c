"""What the database and the models refuse, turned into Refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from dashboard.catalog import Invalid, Table
from dashboard.forms.constraints import explain, why_kept
from dashboard.forms.refusal import Refused

UNSTORABLE = "The database can't store this: {}"
IN_USE = "Other records still refer to this one, so it was not deleted."

_REFUSING_STATES = ("22", "23", "54", "P0")
"""Classes of SQLSTATE that are about the data: bad data, constraints, limits, and triggers."""


@contextmanager
def refusing_write(session: Session, table: Table, values: Mapping[str, Any]) -> Iterator[None]:
    """Raise Refused for what refuses ``values``, the whole record.

    Put it around the savepoint: it asks the database what was missing.
    """
    try:
        yield
    except StatementError as error:
        _reraise_unless_refusal(error)
        if isinstance(error, DBAPIError):
            raise Refused(explain(error, session, table, values)) from error
        raise Refused({None: [UNSTORABLE.format(error.orig)]}) from error
    except OverflowError as error:
        raise Refused({None: [UNSTORABLE.format(error)]}) from error
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
        _reraise_unless_refusal(error)
        raise Refused({None: [why_kept(error) or IN_USE]}) from error
    except AssertionError as error:
        # The ORM says so of a record whose key would lose a part of itself.
        raise Refused({None: [IN_USE]}) from error
    except ValueError as error:
        raise Refused({None: [str(error)]}) from error


def _reraise_unless_refusal(error: StatementError) -> None:
    """Let an error pass that is no fault of the data, as a lost connection or a full disk."""
    if not isinstance(error, DBAPIError):
        # SQLAlchemy wraps what its types raise for a value in a plain StatementError.
        refusal = isinstance(error.orig, ValueError | TypeError | OverflowError)
    else:
        state = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", ""))
        refusal = isinstance(error, IntegrityError | DataError) or state[:2] in _REFUSING_STATES
    if not refusal:
        raise error

"""What can go wrong in a command through no fault of the program, said in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from dashboard.settings import SettingsError


class CommandError(Exception):
    """The command can't be done; the message is a sentence for the person who gave it."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn expected faults of settings and databases into CommandError."""
    try:
        yield
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise CommandError(f"sqlalchemy.url isn't understood: {_first_line(error)}") from error
    except DBAPIError as error:
        raise CommandError(f"The database refused: {_first_line(error.orig)}") from error


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0]

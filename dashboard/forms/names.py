"""The names that fields are sent by."""

from __future__ import annotations

import re
from urllib.parse import quote

from dashboard.catalog import Column

CSRF_FIELD = "csrf_token"
PREFIX = "column."

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_WORD = re.compile(r"\w+")


def field_name(column: Column) -> str:
    """Return the name that the column's field is sent by; only the program's own begin with _.

    A browser would send a line's end as another one, so no name has control characters.
    """
    name = column.name
    plain = not (is_own(name) or name.startswith(PREFIX) or _CONTROLS.search(name) or not name)
    return name if plain else PREFIX + quote(name, safe="")


def field_id(column: Column, place: int) -> str:
    """Return the id of the column's field; ``place`` is the column's in its table."""
    return f"field-{column.name}" if _WORD.fullmatch(column.name) else f"field--{place}"


def is_own(name: str) -> bool:
    """Tell whether a name in a POST is the program's, such as _version."""
    return name.startswith("_") or name == CSRF_FIELD

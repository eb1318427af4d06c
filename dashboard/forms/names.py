"""The names that fields are sent by."""

from __future__ import annotations

from dashboard.catalog import Column

CSRF_FIELD = "csrf_token"


def field_name(column: Column) -> str:
    """Return the name that the column's field is sent by; only the program's own begin with _."""
    return f"column.{column.name}" if is_own(column.name) else column.name


def is_own(name: str) -> bool:
    """Tell whether a name in a POST is the program's, such as _version."""
    return name.startswith("_") or name == CSRF_FIELD

"""The ``_next`` of a page: where in the order the page before it ended."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from dashboard.catalog.values import from_json, to_json
from dashboard.queries.filters import zoned
from dashboard.queries.query import QueryError, TableQuery


def next_token(query: TableQuery, row: Any) -> str:
    """Return the ``_next`` of the page that follows ``row``, a mapping by column name."""
    values = [to_json(row[each.field.name]) for each in query.order]
    text = json.dumps(values, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def read_token(query: TableQuery, token: str) -> tuple[Any, ...]:
    """Return the values that a ``_next`` holds; raise QueryError for one of another order."""
    try:
        padded = token + "=" * (-len(token) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        json.dumps(values, ensure_ascii=False).encode()  # No database takes a lone surrogate.
        order = query.order
        if not isinstance(values, list) or len(values) != len(order):
            raise ValueError(token)
        return tuple(
            zoned(each.field.column, from_json(each.field.column, value))
            for each, value in zip(order, values, strict=True)
        )
    except (ValueError, binascii.Error) as error:
        message = "is not a place in this order; begin at the first page."
        raise QueryError("_next", message) from error

"""The ``_next`` of a page: where in the order the page before it ended."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dashboard.catalog import Column
from dashboard.catalog.values import from_json, to_json
from dashboard.models.sqlite_values import Undecodable
from dashboard.queries.filters import zoned
from dashboard.queries.query import Cut, Field, QueryError, TableQuery

AS_WRITTEN = frozenset({"boolean", "bytes", "integer", "number", "other"})
"""Kinds of which a text in JSON is a text in the database, where that may be."""

LONGEST = 500
"""How long a value may be, written as JSON, to be whole in a ``_next``: addresses have limits."""
BEGIN = 40
"""How much is there of a longer one, should its record be gone when the page is asked for."""


def next_token(query: TableQuery, row: Any) -> str:
    """Return the ``_next`` of the page that follows ``row``, a mapping by column name."""
    if not query.table.key:
        return token_of([offset(query) + query.size])
    return token_of([_shortened(query, each.field, row[each.field.key]) for each in query.order])


def _shortened(query: TableQuery, field: Field, value: Any) -> Any:
    """Return a value, or its begin where it's long. What names the record is needed whole."""
    long = isinstance(value, str | bytes) and len(json.dumps(_written(value))) > LONGEST
    if not long or _names(query, field):
        return value
    kind: Any = type(value)  # A part of what is no text in UTF-8 must stay that.
    return Cut(kind(value[:BEGIN]))


def _names(query: TableQuery, field: Field) -> bool:
    return field.through is None and field.column in query.table.order


def offset(query: TableQuery) -> int:
    """Return how many rows come before the page, of a table without a key."""
    return int(query.after[0]) if query.after else 0


def token_of(values: Sequence[Any]) -> str:
    text = json.dumps(list(map(_written, values)), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def read_token(query: TableQuery, token: str) -> tuple[Any, ...]:
    """Return the values that a ``_next`` holds; raise QueryError for one of another order."""
    try:
        padded = token + "=" * (-len(token) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        json.dumps(values, ensure_ascii=False).encode()  # No database takes a lone surrogate.
        if not isinstance(values, list):
            raise ValueError(token)
        if not query.table.key:
            return (_read_offset(values),)
        order = query.order
        if len(values) != len(order):
            raise ValueError(token)
        return tuple(
            zoned(each.field.column, _read_place(query, each.field, value))
            for each, value in zip(order, values, strict=True)
        )
    except (ValueError, binascii.Error) as error:
        message = "is not a place in this order; begin at the first page."
        raise QueryError("_next", message) from error


def _read_place(query: TableQuery, field: Field, value: Any) -> Any:
    match value:
        case {"begin": begin} if not _names(query, field):
            read = _read(field.column, begin)
            if isinstance(read, str | bytes):
                return Cut(read)
            raise ValueError(value)
    return _read(field.column, value)


def _read_offset(values: list[Any]) -> int:
    match values:
        case [int(rows)] if 0 < rows < 2**31:
            return rows
    raise ValueError(values)


def _written(value: Any) -> Any:
    """Return a value for JSON, from which it's told what it is: SQLite has bytes among texts."""
    if isinstance(value, bytes):
        kind = "text" if isinstance(value, Undecodable) else "bytes"
        return {kind: base64.b64encode(value).decode("ascii")}
    if isinstance(value, Cut):
        return {"begin": _written(value.begin)}
    if isinstance(value, Decimal):
        return {"number": str(value)}
    return value if isinstance(value, float) else to_json(value)


def _read(column: Column, value: Any) -> Any:
    match value:
        case {"bytes": str(text)}:
            return base64.b64decode(text, validate=True)
        case {"text": str(text)}:
            return Undecodable(base64.b64decode(text, validate=True))
        case str() if column.typing != "strict" and column.kind in AS_WRITTEN:
            return value  # "t" isn't True, as it would be to a person.
        case {"number": str(text)}:
            return from_json(column, text)
    return from_json(column, value)

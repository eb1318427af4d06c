"""The grammar of filters: ``column=value`` and ``column__op=value``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from dashboard.catalog import Column
from dashboard.catalog.values import read
from dashboard.queries.fields import Fields
from dashboard.queries.operators import LIKE, LISTS, OPERATORS, allows, operators_for
from dashboard.queries.query import Filter, QueryError

MAX_LIST = 200


def parse_filter(fields: Fields, parameter: str, text: str) -> Filter:
    """Return the filter that ``parameter=text`` means; raise QueryError where it means none."""
    name, separator, op = parameter.rpartition("__")
    if not separator or fields.has(parameter):
        name, op = parameter, "exact"
    field = fields.find(parameter, name)
    if op not in OPERATORS or not allows(field.column, op):
        allowed = ", ".join(each.name for each in operators_for(field.column))
        raise QueryError(parameter, f"{op[:60]!r} can't be asked of {name}. Allowed are {allowed}.")
    try:
        taken = op != "exact" and fields.has(f"{field.name}__{op}")
        return Filter(field, op, text, _value(field.column, op, text), taken)
    except ValueError as error:
        raise QueryError(parameter, str(error)) from error


def _value(column: Column, op: str, text: str) -> Any:
    if op in LIKE:
        return text
    if op in LISTS:
        texts = _list(text)
        if len(texts) > MAX_LIST:
            raise ValueError(f"at most {MAX_LIST} values may be listed.")
        return tuple(zoned(column, read(column, each)) for each in texts)
    return zoned(column, read(column, text)) if OPERATORS[op].takes_value else None


def zoned(column: Column, value: Any) -> Any:
    """Return a moment as its column takes it: with a zone or without, which then means UTC."""
    if not isinstance(value, datetime):
        return value
    try:
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{value} is out of range in UTC.") from error
    return moment if getattr(column.sql.type, "timezone", False) else moment.replace(tzinfo=None)


def _list(text: str) -> list[str]:
    """Read ``a,b`` or, for values with commas in them, a JSON list."""
    if text.startswith("["):
        try:
            values = json.loads(text)
            return [each if isinstance(each, str) else json.dumps(each) for each in values]
        except (ValueError, RecursionError):
            pass
    return [each.strip() for each in text.split(",")]

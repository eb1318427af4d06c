"""How SQLite's triggers write rows down: by functions that every SQLite has, and without loss.

A row is ``"name":literal,...``, the literals those of ``quote()``: JSON functions may be missing
where somebody else's program writes, refuse blobs and round floats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

_PAIR = re.compile(
    r'("(?:[^"\\]|\\.)*"):'
    r"(?:(NULL)|'((?:[^']|'')*)'|X'([0-9A-F]*)'|T([0-9A-F]*)|(-?[0-9]+)(?![.0-9eE])|([^,]+))(?:,|$)"
)

Raw = dict[str, Any]
"""Stored values by their columns' names, as the driver has them."""


def quoted(name: str) -> str:
    """Return an identifier as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def encoded(row: str, columns: Iterable[str], integer: str | None = None) -> str:
    """Return SQL that writes columns of ``row`` (NEW, OLD or a table's name) down.

    ``integer`` is the one that can only be an integer, being the row id.
    """
    parts: list[str] = []
    for name in columns:
        label = f"{',' if parts else ''}{json.dumps(name)}:"
        parts.append(f"{literal(label)} || {_value(row, name, name == integer)}")
    return _joined(parts)


def _joined(parts: Sequence[str]) -> str:
    """Join texts in halves, since SQLite limits how deep an expression may be."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({_joined(parts[:middle])}) || ({_joined(parts[middle:])})"


def _value(row: str, name: str, is_integer: bool) -> str:
    value = f"{row}.{quoted(name)}"
    if is_integer:
        return f"quote({value})"
    # quote() ends a text at its first NUL.
    text_with_nul = f"typeof({value}) = 'text' AND instr({value}, char(0))"
    return f"CASE WHEN {text_with_nul} THEN 'T' || hex({value}) ELSE quote({value}) END"


def decode(text: bytes) -> Raw:
    """Return the row that ``encoded`` wrote down; raise ValueError for anything else."""
    row: Raw = {}
    end = 0
    # What isn't UTF-8 in the database can't be in the log.
    for pair in _PAIR.finditer(whole := text.decode("utf-8", "replace")):
        if pair.start() != end:
            break
        end = pair.end()
        row[_name(pair[1])] = _literal(*pair.groups()[1:])
    if end != len(whole):
        raise ValueError(f"{whole[end : end + 60]!r} is no note of a row.")
    return row


@lru_cache(1000)
def _name(text: str) -> str:
    name: str = json.loads(text)
    return name


def _literal(
    null: str | None,
    text: str | None,
    blob: str | None,
    hexed: str | None,
    integer: str | None,
    real: str | None,
) -> Any:
    if integer is not None:
        return int(integer)
    if text is not None:
        return text.replace("''", "'")
    if blob is not None:
        return bytes.fromhex(blob)
    if hexed is not None:
        return bytes.fromhex(hexed).decode("utf-8", "replace")
    return None if real is None else float(real)


class Values:
    """Makes of stored values what SQLAlchemy reads; what it can't read stays as it is."""

    def __init__(self, columns: Iterable[sa.Column[Any]], dialect: Dialect) -> None:
        self._processors: dict[str, Callable[[Any], Any]] = {}
        for column in columns:
            implementation = column.type.dialect_impl(dialect)
            processor = implementation.result_processor(dialect, None)
            if processor is not None:
                self._processors[column.name] = processor

    def read(self, row: Raw) -> Raw:
        read = dict(row)
        for name, processor in self._processors.items():
            if name in row:
                # A garbled date, a value that its Enum doesn't have: the types' errors are many.
                with suppress(Exception):
                    read[name] = processor(row[name])
        return read

"""The values that a column may hold, from its info, its Enum or its CHECK constraint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from dashboard.catalog.mapping import identities, in_one_table
from dashboard.catalog.table import Choice

_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_LIST = r"(?:\s*'(?:[^']|'')*'(?:::[\w ]+)?\s*,?)+"


def humanize(name: str) -> str:
    """Return ``sched_dep_time`` as "Sched dep time": a label for who gave none."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    # No control character, which HTML couldn't show.
    words = re.sub(r"[_\s\x00-\x1f\x7f]+", " ", split).strip()
    return words[:1].upper() + words[1:] if words else name.strip()


def choices_of(column: sa.Column[Any]) -> tuple[Choice, ...]:
    """Return the choices of ``column`` in their own order, or () where anything goes."""
    given = column.info.get("choices")
    if given is not None:
        return _from_info(given)
    if isinstance(column.type, sa.Enum):
        return tuple(Choice(value, humanize(value)) for value in column.type.enums)
    return tuple(Choice(value, humanize(value)) for value in _from_checks(column))


def class_choices(discriminator: Mapper[Any] | None) -> tuple[Choice, ...]:
    """Return the values of a discriminator, called like the classes that they stand for."""
    known = {} if discriminator is None else identities(discriminator)
    return tuple(Choice(value, humanize(each.class_.__name__)) for value, each in known.items())


def offered_classes(discriminator: Mapper[Any] | None) -> tuple[str, ...]:
    """Return the values of which a record can be made on the page of one table, if several.

    What is in more tables than that has a page of its own.
    """
    if discriminator is None:
        return ()
    here = in_one_table(discriminator)
    found = tuple(value for value, each in identities(discriminator).items() if each in here)
    return found if len(found) > 1 or discriminator.polymorphic_identity is None else ()


def _from_info(given: Mapping[Any, str] | Iterable[Any]) -> tuple[Choice, ...]:
    if isinstance(given, Mapping):
        return tuple(Choice(str(value), label) for value, label in given.items())
    pairs = (each if isinstance(each, tuple) else (each, humanize(str(each))) for each in given)
    return tuple(Choice(str(value), str(label)) for value, label in pairs)


def _from_checks(column: sa.Column[Any]) -> list[str]:
    """Read ``CHECK (column IN ('a', 'b'))``, the form in which choices are usually declared."""
    table = column.table
    if not isinstance(column.type, sa.String) or not isinstance(table, sa.Table):
        return []
    name = re.escape(column.name)
    # PostgreSQL keeps another form of it: (state)::text = ANY (ARRAY['a'::text, 'b'::text]).
    pattern = re.compile(
        rf"^[\s(]*[\"`\[]?{name}[\"`\]]?[\s)]*(?:::[\w ]+[\s)]*)?"
        rf"(?:IN\s*\(|=\s*ANY\s*\(+ARRAY\[)({_LIST})(?:\][\s)]*(?:::[\w \[\]]+)?)?[\s)]*$",
        re.IGNORECASE,
    )
    for constraint in (*table.constraints, *column.constraints):
        if isinstance(constraint, sa.CheckConstraint):
            found = pattern.match(str(constraint.sqltext).strip())
            if found:
                return [each.replace("''", "'") for each in _LITERAL.findall(found[1])]
    return []

"""What a mapped class says of its columns that their table doesn't."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import UnmappedColumnError


def attribute_of(mapper: Mapper[Any] | None, column: sa.Column[Any]) -> str | None:
    """Return the attribute that holds a column, None where the class itself has none for it.

    It may be a subclass's in the same table, or be left out of the mapping.
    """
    if mapper is None:
        return None
    try:
        return mapper.get_property_by_column(column).key
    except UnmappedColumnError:
        return None


def in_one_table(mapper: Mapper[Any]) -> list[Mapper[Any]]:
    """Return the mappers of a class and of those that inherit from it in the same table."""
    return [each for each in mapper.self_and_descendants if each.local_table is mapper.local_table]


def owner_of(mapper: Mapper[Any] | None, column: sa.Column[Any]) -> Mapper[Any] | None:
    """Return the mapper that has an attribute for a column: the class's, or a subclass's."""
    owners = () if mapper is None else in_one_table(mapper)
    return next((each for each in owners if attribute_of(each, column) is not None), None)


def is_joined(mapper: Mapper[Any] | None) -> bool:
    """Tell whether the class inherits from one that has another table for its part of a record."""
    if mapper is None or mapper.inherits is None or mapper.concrete:
        return False
    return mapper.inherits.local_table is not mapper.local_table


def default_factories(mapper: Mapper[Any]) -> dict[str, Callable[[], Any]]:
    """Return what makes a dataclass's defaults, by attribute; SQLAlchemy leaves that to it."""
    if not dataclasses.is_dataclass(mapper.class_):
        return {}
    return {
        each.name: each.default_factory
        for each in dataclasses.fields(mapper.class_)
        if each.default_factory is not dataclasses.MISSING and mapper.has_property(each.name)
    }


def is_discriminator(mapper: Mapper[Any] | None, column: sa.Column[Any]) -> bool:
    """Tell whether the column says of which class a row is."""
    return mapper is not None and mapper.polymorphic_on is column


def identities(mapper: Mapper[Any]) -> dict[str, Mapper[Any]]:
    """Return the classes that a row may be of, by what the discriminator holds, as text."""
    return {
        identity_text(mapper, each.polymorphic_identity): each
        for each in mapper.self_and_descendants
        if each.polymorphic_identity is not None
    }


def identity_text(mapper: Mapper[Any], identity: Any) -> str:
    """Return a value of the discriminator as the choices have it."""
    type_: Any = getattr(mapper.polymorphic_on, "type", None)
    if isinstance(identity, enum.Enum) and isinstance(type_, sa.Enum):
        return str(type_.enums[list(type(identity)).index(identity)])
    return str(identity)


def is_generated(mapper: Mapper[Any] | None, column: sa.Column[Any]) -> bool:
    """Tell whether the database makes the column's values.

    The key of a joined subclass's table is the parent's, which may be generated.
    """
    same = [column]
    if mapper is not None and attribute_of(mapper, column) is not None:
        same = mapper.get_property_by_column(column).columns
    return column.computed is not None or any(_is_generated_key(each) for each in same)


def _is_generated_key(column: sa.Column[Any]) -> bool:
    table = column.table
    return isinstance(table, sa.Table) and table.autoincrement_column is column

"""What a mapped class says of its columns that their table doesn't."""

from __future__ import annotations

import dataclasses
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
    """Tell whether the column says of which class a row is: the ORM writes it."""
    return mapper is not None and mapper.polymorphic_on is column


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

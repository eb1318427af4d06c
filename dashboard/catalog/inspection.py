"""Read a mapped class into a catalog Table by SQLAlchemy's inspection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import UnmappedColumnError

from dashboard.catalog.choices import choices_of, humanize
from dashboard.catalog.kinds import kind_of
from dashboard.catalog.table import Column, Reference, Table

LABEL_NAMES = ("name", "title", "label", "display_name", "full_name", "username", "subject")
READ_ONLY_KINDS = ("bytes", "other")

NameOf = Callable[[sa.Table], str | None]
"""Tells the catalog's name of a table, or None where it isn't in the catalog."""


def inspect_class(mapped_class: type[Any], name: str, name_of: NameOf, **options: Any) -> Table:
    """Describe ``mapped_class``. ``options`` override the table's ``info``.

    Raises ValueError where the class has no table of its own.
    """
    mapper: Mapper[Any] = sa.inspect(mapped_class)
    sql = mapper.local_table
    if not isinstance(sql, sa.Table):
        raise ValueError(f"{mapped_class!r} is not mapped to a table.")
    info = {**sql.info, **options}
    columns = tuple(inspect_column(mapper, column, name_of) for column in sql.columns)
    return Table(
        name=name,
        label=info.get("label") or humanize(name),
        description=info.get("description"),
        sql=sql,
        mapped_class=mapped_class,
        key=tuple(each for each in columns if each.primary_key),
        columns=columns,
        label_columns=_label_columns(columns, info.get("label_column")),
        default_sort=_as_tuple(info.get("default_sort")),
        view_role=info.get("view_role", "watcher"),
        edit_role=info.get("edit_role", "editor"),
        validate=info.get("validate"),
        listed=bool(info.get("listed", True)),
    )


def inspect_column(mapper: Mapper[Any], column: sa.Column[Any], name_of: NameOf) -> Column:
    info = column.info
    kind = kind_of(column)
    private = bool(info.get("private"))
    attr = _attribute_of(mapper, column)
    generated = column.computed is not None or _is_generated_key(column)
    return Column(
        name=column.name,
        attr=attr or column.key,
        label=info.get("label") or humanize(column.name.removesuffix("_id") or column.name),
        kind=kind,
        sql=column,
        nullable=bool(column.nullable),
        primary_key=column.primary_key,
        has_default=column.default is not None or column.server_default is not None or generated,
        default=_literal_default(column),
        length=getattr(column.type, "length", None),
        choices=choices_of(column),
        reference=_reference(column, name_of),
        editable=not (
            attr is None or private or generated or info.get("readonly") or kind in READ_ONLY_KINDS
        ),
        shown=not (private or info.get("hidden")),
        searchable=bool(info.get("searchable", kind in ("text", "longtext") and not private)),
        private=private,
        unit=info.get("unit"),
        help=info.get("help") or column.comment,
        tones=info.get("tones", ()),
    )


def _attribute_of(mapper: Mapper[Any], column: sa.Column[Any]) -> str | None:
    """Return the attribute that holds a column, None where the class itself has none for it.

    It may be a subclass's in the same table, or be left out of the mapping.
    """
    try:
        return mapper.get_property_by_column(column).key
    except UnmappedColumnError:
        return None


def _is_generated_key(column: sa.Column[Any]) -> bool:
    table = column.table
    return isinstance(table, sa.Table) and table.autoincrement_column is column


def _literal_default(column: sa.Column[Any]) -> Any:
    """Return a default that a form can show beforehand; None for one that is computed."""
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


def _reference(column: sa.Column[Any], name_of: NameOf) -> Reference | None:
    for key in sorted(column.foreign_keys, key=lambda each: each.target_fullname):
        # A key of several columns names a row only by all of them, so no single one refers.
        if key.constraint is not None and len(key.constraint.columns) == 1:
            table = name_of(key.column.table)
            if table is not None:
                return Reference(table, key.column.name)
    return None


def _label_columns(columns: tuple[Column, ...], given: Any) -> tuple[str, ...]:
    """Return the columns that a record is called by, as a person would choose them."""
    if given:
        return _as_tuple(given)
    texts = [each for each in columns if each.kind == "text" and not each.private]
    for name in LABEL_NAMES:
        if any(each.name == name for each in texts):
            return (name,)
    unique = [each.name for each in texts if each.sql.unique and not each.primary_key]
    return tuple(unique[:1]) or tuple(each.name for each in columns if each.primary_key)


def _as_tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)

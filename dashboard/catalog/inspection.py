"""Read a table and the class that is mapped to it into a catalog Table."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from dashboard.catalog.choices import choices_of, class_choices, humanize, offered_classes
from dashboard.catalog.foreign_keys import NameOf, constraints_of, foreign_keys, reference_of
from dashboard.catalog.kinds import kind_of
from dashboard.catalog.mapping import (
    attribute_of,
    default_factories,
    is_discriminator,
    is_generated,
    is_joined,
    owner_of,
)
from dashboard.catalog.table import NOBODY, Column, Reference, Table

LABEL_NAMES = ("name", "title", "label", "display_name", "full_name", "username", "subject")
READ_ONLY_KINDS = ("bytes", "other")
BLANK = "(blank)"
"""What a name without a letter is called."""


def inspect_table(
    sql: sa.Table, mapped_class: type[Any] | None, name: str, name_of: NameOf, **options: Any
) -> Table:
    """Describe a table. ``options`` override its ``info``.

    ``writable`` False keeps everybody from changing it, as does a table without a class. ``tie``
    is the name of what numbers SQLite's rows, where their key may not tell them apart.
    """
    mapper: Mapper[Any] | None = None if mapped_class is None else sa.inspect(mapped_class)
    info = {**sql.info, **options}
    constraints = constraints_of(sql, name_of)
    columns = tuple(
        inspect_column(mapper, column, reference_of(column, constraints)) for column in sql.columns
    )
    writable = mapper is not None and info.get("writable", True)
    return Table(
        name=name,
        label=info.get("label") or humanize(name) or BLANK,
        description=info.get("description") or sql.comment,
        sql=sql,
        mapped_class=mapped_class,
        key=tuple(each for each in columns if each.primary_key),
        columns=columns,
        label_columns=_label_columns(columns, info.get("label_column")),
        foreign_keys=foreign_keys(columns, constraints),
        default_sort=_as_tuple(info.get("default_sort")),
        view_role=info.get("view_role", "watcher"),
        edit_role=info.get("edit_role", "editor") if writable else NOBODY,
        validate=info.get("validate"),
        listed=bool(info.get("listed", True)),
        notice=info.get("notice"),
        reflected=bool(info.get("reflected")),
        computed=bool(info.get("computed")),
        tie=_row_number(sql, info["tie"]) if info.get("tie") else None,
    )


def _row_number(sql: sa.Table, name: str) -> Column:
    column: Any = sa.column(name, sa.BigInteger(), _selectable=sql)
    return Column(
        name=name, attr="", label="Row", kind="integer", sql=column, nullable=False,
        primary_key=False, has_default=True, default=None, length=None, choices=(),
        reference=None, editable=False, shown=False, searchable=False, private=False, unit=None,
        help=None, tones=(),
    )  # fmt: skip


def inspect_column(
    mapper: Mapper[Any] | None, column: sa.Column[Any], reference: Reference | None
) -> Column:
    info = column.info
    kind = kind_of(column)
    private = bool(info.get("private"))
    owner = owner_of(mapper, column)
    attr = attribute_of(owner, column)
    generated = is_generated(owner, column)
    discriminator = mapper if is_discriminator(mapper, column) else None
    made = owner is not None and attr in default_factories(owner)
    # What a subclass has in the same table isn't asked of others.
    elsewhere = owner is not None and owner is not mapper
    offered = offered_classes(discriminator)
    return Column(
        name=column.name,
        attr=attr or column.key,
        label=info.get("label")
        or humanize(column.name.removesuffix("_id"))
        or humanize(column.name)
        or BLANK,
        kind=kind,
        sql=column,
        nullable=bool(column.nullable) or elsewhere,
        primary_key=column.primary_key,
        has_default=generated
        or (discriminator is not None and discriminator.polymorphic_identity is not None)
        or made
        or column.default is not None
        or column.server_default is not None,
        default=None if elsewhere else _default(column, discriminator),
        length=getattr(column.type, "length", None),
        choices=choices_of(column) or class_choices(discriminator),
        offered=offered,
        discriminates=discriminator is not None,
        inherits=column.primary_key and is_joined(mapper),
        reference=reference,
        editable=not (
            attr is None
            or private
            or generated
            or (discriminator is not None and not offered)
            or info.get("readonly")
            or kind in READ_ONLY_KINDS
        ),
        shown=not (private or info.get("hidden")),
        searchable=bool(info.get("searchable", kind in ("text", "longtext") and not private)),
        private=private,
        unit=info.get("unit"),
        help=info.get("help") or column.comment,
        tones=info.get("tones", ()),
        typing=info.get("typing", "strict"),
    )


def _default(column: sa.Column[Any], discriminator: Mapper[Any] | None) -> Any:
    """Return a default that a form can show beforehand; None for one that is computed."""
    if discriminator is not None:
        return discriminator.polymorphic_identity
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


def _label_columns(columns: tuple[Column, ...], given: Any) -> tuple[str, ...]:
    """Return the columns that a record is called by, as a person would choose them."""
    if given:
        return _as_tuple(given)
    texts = [each for each in columns if each.kind == "text" and not each.private]
    for name in LABEL_NAMES:
        if any(each.name == name for each in texts):
            return (name,)
    unique = [each.name for each in texts if each.sql.unique and not each.primary_key]
    keys = [each.name for each in columns if each.primary_key]
    return tuple(unique[:1] or keys or [each.name for each in columns[:1]])


def _as_tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)

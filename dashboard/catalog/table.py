"""What the program knows of a table: plain descriptions, with no database behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

ROLES = ("watcher", "editor", "admin")
NOBODY = "nobody"
"""As a table's ``edit_role``: there is no such role, so the ordinary pages don't change it."""

Tones = Mapping[Any, str] | Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a column may hold, and what people call it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A column's value names a row of another table of the catalog."""

    table: str
    column: str


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of a live table. ``kind`` says which field edits it and how it is shown."""

    name: str
    attr: str
    label: str
    kind: str
    sql: sa.Column[Any]
    nullable: bool
    primary_key: bool
    has_default: bool
    default: Any
    length: int | None
    choices: tuple[Choice, ...]
    reference: Reference | None
    editable: bool
    shown: bool
    searchable: bool
    private: bool
    unit: str | None
    help: str | None
    tones: Tones
    typing: str = "strict"
    """``strict``: the database holds only values of this kind. ``loose``: it may hold others,
    which are texts then. ``raw``: values are texts, compared as they are written. ``exact``: as
    ``loose``, and a number is never the text that is written like it."""
    discriminates: bool = False
    """Whether it says of which class a record is."""
    offered: tuple[str, ...] = ()
    """Those of the choices that a new record may have, where that aren't all."""

    inherits: bool = False
    """Whether it names the same record in the table of a class that its class inherits from."""

    @property
    def given_once(self) -> bool:
        """Whether it's given when the record is made, and stays as it is."""
        return self.primary_key or self.discriminates

    def choice_label(self, value: str) -> str:
        return next((each.label for each in self.choices if each.value == value), value)


@dataclass(frozen=True, slots=True, eq=False)
class ForeignKey:
    """Columns of a table that together name a row of another table of the catalog.

    ``referred`` are the names of the columns there, in the order of ``columns``; ``on_delete`` is
    what the database does with those who refer to a row that goes, in capitals.
    """

    table: str
    columns: tuple[Column, ...]
    referred: tuple[str, ...]
    on_delete: str = "NO ACTION"

    @property
    def is_composite(self) -> bool:
        """Whether it has more columns than one."""
        return len(self.columns) > 1

    @property
    def label(self) -> str:
        return ", ".join(each.label for each in self.columns)

    @property
    def pairs(self) -> tuple[tuple[Column, str], ...]:
        """Each column with the name of the one that it refers to."""
        return tuple(zip(self.columns, self.referred, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Ancestor:
    """The table of a class from which another table's class inherits.

    ``key`` names the same record there, and ``columns`` are those that the class inherits.
    """

    table: Table
    key: ForeignKey
    columns: tuple[Column, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A live table: ``key`` and ``columns`` are in the table's own order.

    One without a key, such as a view, has no mapped class, and nothing in it can be changed.
    """

    name: str
    label: str
    description: str | None
    sql: sa.Table
    mapped_class: type[Any] | None
    key: tuple[Column, ...]
    columns: tuple[Column, ...]
    label_columns: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    """The references of one column and of several; of the same columns there is one."""
    ancestors: tuple[Ancestor, ...] = ()
    """The tables that have the rest of each record, the nearest first."""
    default_sort: tuple[str, ...] = ()
    view_role: str = "watcher"
    edit_role: str = "editor"
    validate: Any = None
    listed: bool = True
    """Whether the home page and the navigation have it among the records."""
    notice: str | None = None
    """A sentence for its page, on what can't be done with it."""
    reflected: bool = False
    """Whether it was found in the database rather than declared."""
    computed: bool = False
    """Whether reading it may fail at what the database makes its rows by, as a view's, or at
    the policies by which it chooses them."""
    tie: Column | None = None
    """What tells rows apart whose key doesn't: SQLite takes NULL in keys, more than once."""
    _by_name: dict[str, Column] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {each.name: each for each in self.columns})

    def column(self, name: str) -> Column | None:
        return self._by_name.get(name)

    @cached_property
    def public_columns(self) -> tuple[Column, ...]:
        """The columns that may leave the database: all but those marked private."""
        return tuple(each for each in self.columns if not each.private)

    @cached_property
    def inherited(self) -> tuple[Column, ...]:
        """The columns of its ancestors."""
        return tuple(column for each in self.ancestors for column in each.columns)

    @cached_property
    def record_columns(self) -> tuple[Column, ...]:
        """The public columns of a whole record: what it inherits comes after the key."""
        own = self.public_columns
        after_key = max((own.index(each) + 1 for each in self.key if each in own), default=0)
        return (*own[:after_key], *self.inherited, *own[after_key:])

    def record_column(self, name: str) -> Column | None:
        """Return a column of the table, or one that it inherits."""
        return self.column(name) or next((c for c in self.inherited if c.name == name), None)

    @cached_property
    def sql_tables(self) -> tuple[sa.Table, ...]:
        """The tables that have its records: its own, and those of its ancestors."""
        return (self.sql, *(each.table.sql for each in self.ancestors))

    @cached_property
    def beside(self) -> tuple[tuple[Column, Column], ...]:
        """What the nearest ancestor has, each column with the one that refers to it."""
        if not self.ancestors or len(self.key) > 1:
            return ()
        near, (key,) = self.ancestors[0], self.key
        names = key.reference is not None and key.reference.table == near.table.name
        return tuple((key, each) for each in near.columns) if names else ()

    @cached_property
    def shown_columns(self) -> tuple[Column, ...]:
        return tuple(each for each in self.public_columns if each.shown)

    @cached_property
    def searchable_columns(self) -> tuple[Column, ...]:
        return tuple(each for each in self.public_columns if each.searchable)

    @property
    def order(self) -> tuple[Column, ...]:
        """The columns by which rows have a total order: as far as any can be told apart."""
        if not self.key:
            return self.public_columns
        return self.key if self.tie is None else (*self.key, self.tie)

    @cached_property
    def references(self) -> tuple[Column, ...]:
        return tuple(each for each in self.public_columns if each.reference)

    @cached_property
    def composites(self) -> Mapping[str, ForeignKey]:
        """The key of several columns that a column is a part of, by the name of the column.

        One that is a reference itself, or a part of several keys, isn't here: it can't be told
        which of them is meant.
        """
        found: dict[str, list[ForeignKey]] = {}
        for key in self.foreign_keys:
            for column in key.columns:
                found.setdefault(column.name, []).append(key)
        return {
            name: keys[0] for name, keys in found.items() if len(keys) == 1 and keys[0].is_composite
        }


def referring(tables: Iterable[Table], table: Table) -> list[tuple[Table, ForeignKey]]:
    """Return each (table, foreign key) of ``tables`` that names rows of ``table``."""
    return [
        (other, key) for other in tables for key in other.foreign_keys if key.table == table.name
    ]

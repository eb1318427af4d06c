"""What a database says of a table or a view, in words that don't depend on the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.types import TypeEngine

OWN = "dashboard_"
"""What the names of the program's own tables begin with."""

Place = tuple[str, str]
"""A schema and the name of what is in it."""


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column. ``made``: the database always makes its value; ``default``: unless one is given.

    ``info`` is what a model would say of the column: its choices, and how strict its type is.
    """

    name: str
    type: TypeEngine[Any]
    nullable: bool = True
    default: bool = False
    made: bool = False
    comment: str | None = None
    info: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``columns`` name a row of the relation at ``target`` by its ``referred`` columns.

    ``referred`` is empty where they aren't said, which means the target's key.
    """

    columns: tuple[str, ...]
    target: Place
    referred: tuple[str, ...]
    ondelete: str | None = None
    onupdate: str | None = None
    deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    name: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a view or the like. ``kind`` is what a person calls it.

    ``listed``: whether ``*`` means it too. ``guarded``: policies say which rows may be seen, and
    may fail at that. ``counts``: the column that the database counts up by itself. ``rowid``: the
    name of SQLite's row number, where the relation has one; with ``rowid_is_key`` it is the only
    key that there is.
    """

    schema: str
    name: str
    kind: str = "table"
    listed: bool = True
    writable: bool = True
    guarded: bool = False
    columns: tuple[ColumnFacts, ...] = ()
    key: tuple[str, ...] = ()
    counts: str | None = None
    foreign_keys: tuple[ForeignKey, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    checks: tuple[Check, ...] = ()
    comment: str | None = None
    rowid: str | None = None
    rowid_is_key: bool = False

    @property
    def place(self) -> Place:
        return self.schema, self.name


class Database(Protocol):
    """How one kind of database is asked what it has."""

    def default_schema(self, connection: Connection) -> str:
        """Return the schema whose tables need no schema before their names."""

    def relations(self, connection: Connection) -> list[Relation]:
        """Return what there is, by schema and name; its columns aren't read yet."""

    def fold(self, name: str) -> str:
        """Return what is the same for two names that mean the same to the database."""

    def described(self, connection: Connection, chosen: Sequence[Relation]) -> list[Relation]:
        """Return the relations with all that is known of them, but for what can't be read."""

"""SQLAlchemy's tables made of what the database says, and their imperative mapping.

Every column has a key of our own, which is its attribute and the name of its parameters: a
column may be called anything at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import registry

from dashboard.catalog.reflection.relation import ColumnFacts, ForeignKey, Place, Relation

logger = logging.getLogger(__name__)

LONG = frozenset(
    {"body", "comment", "comments", "content", "description", "message", "note", "notes", "text"}
)
"""Names of texts that most often have several lines; databases seldom tell them from others."""

Fold = Callable[[str], str]


class Tables:
    """The tables of some relations, in a registry of their own. ``known`` are mapped elsewhere."""

    def __init__(self, schema: str, fold: Fold, known: Iterable[sa.Table]) -> None:
        self._schema = schema
        self._fold = fold
        self._registry = registry()
        self._at: dict[Place, sa.Table] = {}
        self._classes = 0
        self._keys: dict[sa.Table, Sequence[str]] = {}
        for table in known:
            self._at[self._folded((table.schema or schema, table.name))] = table

    def has(self, place: Place) -> bool:
        return self._folded(place) in self._at

    def make(self, relations: Sequence[Relation]) -> list[tuple[Relation, sa.Table]]:
        """Return each relation with its table; foreign keys to what isn't here are left out."""
        made = [(each, self._table(each)) for each in relations]
        for relation, table in made:
            self._at[self._folded(relation.place)] = table
            self._keys[table] = relation.key
        for relation, table in made:
            for key in relation.foreign_keys:
                self._refer(table, key)
        return made

    def map(self, table: sa.Table) -> type[Any]:
        """Return a new class that is mapped to a table with a key."""
        self._classes += 1
        mapped = type(f"Record{self._classes}", (), {"__doc__": f"A record of {table.fullname}."})
        # A trigger may delete in a way of its own.
        self._registry.map_imperatively(mapped, table, confirm_deleted_rows=False)
        return mapped

    def _key_of(self, table: sa.Table) -> Sequence[str]:
        """Return the names of the key's columns in the order in which a reference has them."""
        return self._keys.get(table) or [each.name for each in table.primary_key.columns]

    def _folded(self, place: Place) -> Place:
        return self._fold(place[0]), self._fold(place[1])

    def _table(self, relation: Relation) -> sa.Table:
        # With its schema a name that has a dot can't be taken for a schema and a name.
        explicit = relation.schema != self._schema or "." in relation.name
        columns = [
            _column(f"c{number}", each, relation) for number, each in enumerate(relation.columns)
        ]
        if relation.rowid_is_key and relation.rowid is not None:
            columns.append(_row_number(relation.rowid))
        table = sa.Table(
            relation.name,
            self._registry.metadata,
            *columns,
            schema=relation.schema if explicit else None,
            comment=relation.comment,
            # What nothing names is read again at each change, and none of its own is noted.
            info={"logged": bool(relation.key or relation.rowid_is_key)},
            quote=True,
        )
        for check in relation.checks:
            table.append_constraint(sa.CheckConstraint(check.rule, name=check.name))
        for names in relation.uniques:
            parts = by_names(table, names)
            if parts is not None:
                table.append_constraint(sa.UniqueConstraint(*parts))
                parts[0].unique = parts[0].unique or len(parts) == 1
        return table

    def _refer(self, table: sa.Table, key: ForeignKey) -> None:
        target = self._at.get(self._folded(key.target))
        local = by_names(table, key.columns)
        if target is None or local is None:
            return
        remote = by_names(target, key.referred or self._key_of(target), self._fold)
        if not remote or len(remote) != len(local):
            logger.warning("A foreign key of %s names what isn't there.", table.fullname)
            return
        table.append_constraint(
            sa.ForeignKeyConstraint(
                local,
                remote,
                ondelete=key.ondelete,
                onupdate=key.onupdate,
                deferrable=key.deferrable,
            )
        )


def by_names(
    table: sa.Table, names: Iterable[str], fold: Fold = lambda name: name
) -> list[sa.Column[Any]] | None:
    """Return the columns that are called so, or None where one isn't there."""
    known: Mapping[str, sa.Column[Any]] = {fold(each.name): each for each in table.columns}
    try:
        return [known[fold(name)] for name in names]
    except KeyError:
        return None


class Named(sa.Column[Any]):
    """A column whose name appears in nothing but SQL's own identifiers.

    The ORM finds a row to change by parameters that it calls by the table's and the column's
    names, which need not be names of parameters.
    """

    inherit_cache = True

    @property
    def _tq_label(self) -> str:
        return f"{self.key}_was"


def _column(key: str, facts: ColumnFacts, relation: Relation) -> sa.Column[Any]:
    in_key = facts.name in relation.key
    counts = facts.name == relation.counts
    return Named(
        facts.name,
        facts.type,
        *([sa.Computed("")] if facts.made and not counts else []),
        key=key,
        primary_key=in_key,
        nullable=facts.nullable and not in_key,
        autoincrement=counts,
        # What it is doesn't matter: the database fills it in.
        server_default=sa.FetchedValue()
        if facts.default and not facts.made and not counts
        else None,
        comment=facts.comment,
        info={"longtext": facts.name.lower() in LONG, **facts.info},
        quote=True,
    )


def _row_number(name: str) -> sa.Column[Any]:
    return Named(
        name,
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        key="row_number",
        primary_key=True,
        autoincrement=True,
        info={"label": "Row", "hidden": True, "help": "SQLite's own number of the row."},
    )

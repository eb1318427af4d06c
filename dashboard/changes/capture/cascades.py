"""What the database does by itself to rows when a row that they refer to goes, or is renamed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

NameOf = Callable[[sa.Table], str | None]
MetadataOf = Callable[[], Collection[sa.MetaData]]

Place = tuple[str | None, str]
"""Where a table is in the database: its schema and its name."""

Version = tuple[tuple[sa.MetaData, int], ...]
"""Some metadata, with how many tables each of them has."""


@dataclass(frozen=True, eq=False)
class Cascade:
    """The database itself changes ``child``'s rows when a row that they refer to goes."""

    child: sa.Table
    columns: tuple[sa.Column[Any], ...]
    referred: tuple[str, ...]
    on_delete: bool
    deletes: bool
    on_update: bool


class Cascades:
    """The cascades from and to tables of one database, whatever metadata they're in.

    ``metadata`` are those of the live tables: of declared ones, and of what was found in the
    database. One table may be in both, and ``name_of`` tells which of them is the live one.
    """

    def __init__(self, name_of: NameOf, metadata: MetadataOf, dialect: Dialect) -> None:
        self._name_of = name_of
        self._metadata = metadata
        self._dialect = dialect
        self._read: dict[Version, dict[Place, list[Cascade]]] = {}

    def of(self, table: sa.Table) -> list[Cascade]:
        """Return what the database does by itself to rows that refer to ``table``'s."""
        known = dict.fromkeys([table.metadata, *self._metadata()])
        version = tuple((each, len(each.tables)) for each in known)
        found = self._read.get(version)
        if found is None:
            found = self._read[version] = self._all(known)
        return found.get(self._place(table), [])

    def _all(self, known: Iterable[sa.MetaData]) -> dict[Place, list[Cascade]]:
        tables = [table for each in known for table in each.tables.values() if _is_logged(table)]
        noted: dict[Place, sa.Table] = {}
        for table in sorted(tables, key=lambda each: self._name_of(each) is None):
            noted.setdefault(self._place(table), table)
        found: dict[Place, dict[Any, Cascade]] = {}
        for table in tables:
            for constraint in table.foreign_key_constraints:
                cascade = _cascade(noted[self._place(table)], constraint)
                if cascade is not None:
                    place = self._place(constraint.referred_table)
                    # What is declared may be found, too.
                    found.setdefault(place, {}).setdefault(_rule(cascade), cascade)
        return {place: list(each.values()) for place, each in found.items()}

    def _place(self, table: sa.Table) -> Place:
        # The default schema is known once there was a connection, as there is before a statement.
        return table.schema or self._dialect.default_schema_name, table.name


def _is_logged(table: sa.Table) -> bool:
    return bool(table.info.get("logged", True))


def _cascade(child: sa.Table, constraint: sa.ForeignKeyConstraint) -> Cascade | None:
    """Return what a foreign key of ``child`` leads to, None where that is nothing."""
    on_delete, on_update = _acts(constraint.ondelete), _acts(constraint.onupdate)
    columns = {each.name: each for each in child.columns}
    names = [each.name for each in constraint.columns]
    if not (on_delete or on_update) or not columns.keys() >= set(names):
        return None
    return Cascade(
        child=child,
        columns=tuple(columns[name] for name in names),
        referred=tuple(each.column.name for each in constraint.elements),
        on_delete=on_delete,
        deletes=(constraint.ondelete or "").upper() == "CASCADE",
        on_update=on_update,
    )


def _acts(rule: str | None) -> bool:
    return (rule or "NO ACTION").upper().split(" (")[0] not in ("NO ACTION", "RESTRICT")


def _rule(cascade: Cascade) -> Any:
    acts = cascade.on_delete, cascade.deletes, cascade.on_update
    return cascade.child, cascade.columns, cascade.referred, acts

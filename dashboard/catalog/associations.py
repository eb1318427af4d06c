"""Tables that do nothing but link records of others: many to many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from dashboard.catalog.table import ForeignKey, Table


@dataclass(frozen=True, slots=True, eq=False)
class Association:
    """A row of ``link`` names a record by ``near``, and one that is linked to it by ``far``."""

    link: Table
    near: ForeignKey
    far: ForeignKey


def associations_of(links: Iterable[Table]) -> Iterator[Association]:
    """Yield what each of ``links`` links, from the one end and from the other."""
    for link in links:
        if len(link.foreign_keys) == len(link.sql.foreign_key_constraints) == 2:
            one, other = link.foreign_keys
            yield Association(link, one, other)
            yield Association(link, other, one)


def only_links(table: Table) -> bool:
    """Tell whether a table has nothing but two foreign keys, and no pair of records twice.

    Some frameworks give it a key of its own, which the database makes.
    """
    named = {column.name for key in table.foreign_keys for column in key.columns}
    made = {each.name for each in table.key if each.sql is table.sql.autoincrement_column}
    others = {each.name for each in table.columns} - made
    return others == named and any(each == named for each in _uniques(table.sql))


def _uniques(sql: sa.Table) -> Iterator[set[str]]:
    indexes = (each for each in sql.indexes if each.unique)
    for each in (*sql.constraints, *indexes):
        if isinstance(each, sa.PrimaryKeyConstraint | sa.UniqueConstraint | sa.Index):
            yield {column.name for column in each.columns}

"""Random statements for the tables of any models: few values, so that they meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy.orm import Session

TEXTS = ("de", "fr", "it", "beer", "bank")


@dataclass(frozen=True)
class Edit:
    """An INSERT, or an UPDATE or DELETE of some row; ``numbers`` tell its values, column by column.

    ``changed`` are the places of the columns that an UPDATE sets.
    """

    table: sa.Table
    operation: str
    row: int
    numbers: tuple[int, ...]
    changed: frozenset[int]

    def __call__(self, session: Session) -> None:
        values = {
            column.key: _value(column, number)
            for place, (column, number) in enumerate(
                zip(self.table.columns, self.numbers, strict=True)
            )
            if self.operation == "insert" or place in self.changed
        }
        if self.operation == "insert":
            session.execute(sa.insert(self.table).values(values))
            return
        rows = session.execute(sa.select(*self.table.primary_key)).all()
        if not rows:
            return
        key = zip(self.table.primary_key, sorted(rows)[self.row % len(rows)], strict=True)
        where = sa.and_(*(column == part for column, part in key))
        if self.operation == "delete":
            session.execute(sa.delete(self.table).where(where))
        else:
            session.execute(sa.update(self.table).where(where).values(values))


def _value(column: sa.Column[Any], number: int) -> Any:
    if column.nullable and number % 5 == 4:
        return None
    if isinstance(column.type, sa.Integer):
        return number % 3 + 1
    longest = getattr(column.type, "length", None) or 100
    texts = [each for each in TEXTS if len(each) <= longest]
    return texts[number % len(texts)]


def edits(metadata: sa.MetaData) -> st.SearchStrategy[Callable[[Session], None]]:
    return st.sampled_from(metadata.sorted_tables).flatmap(
        lambda table: st.builds(
            Edit,
            st.just(table),
            st.sampled_from(["insert", "update", "update", "delete"]),
            st.integers(0, 5),
            st.tuples(*(st.integers(0, 9) for _ in table.columns)),
            st.frozensets(st.integers(0, len(table.columns) - 1), min_size=1, max_size=2),
        )
    )

"""The tables of the home page: cards where they are few, and otherwise a list by schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dashboard.catalog import Table

Card = dict[str, Any]

FEW = 12
"""So many tables are read at a glance; more are listed, with a box to find one by its name."""


@dataclass(frozen=True, slots=True)
class Group:
    """The tables of one schema. ``schema`` is "" for those whose names don't say one."""

    schema: str
    cards: list[Card]

    @property
    def target(self) -> str:
        return f"tables:{self.schema}" if self.schema else "tables"


def grouped(tables: Iterable[tuple[Table, Card]]) -> list[Group]:
    """Return the tables by schema, first those without one; one group where there is no table."""
    groups = {"": Group("", [])}
    for table, card in tables:
        schema = _schema(table)
        groups.setdefault(schema, Group(schema, [])).cards.append(_in_group(card, schema))
    return [each for each in groups.values() if each.cards] or [Group("", [])]


def _schema(table: Table) -> str:
    schema = table.sql.schema or ""
    return schema if table.name.startswith(f"{schema}.") else ""


def _in_group(card: Card, schema: str) -> Card:
    """Below the name of its schema a table's label needn't have it as well."""
    return {**card, "label": card["label"].removesuffix(f" ({schema})")}

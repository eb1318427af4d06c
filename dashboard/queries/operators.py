"""The operators of the grammar: what each is called, and the columns that it's for."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.catalog import Column

TEXT_KINDS = frozenset({"text", "longtext", "choice", "other", "json"})
ORDERED_KINDS = frozenset(
    {"text", "longtext", "integer", "number", "date", "datetime", "time", "interval"}
)


@dataclass(frozen=True, slots=True)
class Operator:
    """``label`` is how a filter reads: "delay is more than 60"."""

    name: str
    label: str
    takes_value: bool = True


OPERATORS = {
    each.name: each
    for each in (
        Operator("exact", "is"),
        Operator("not", "is not"),
        Operator("contains", "contains"),
        Operator("startswith", "starts with"),
        Operator("endswith", "ends with"),
        Operator("gt", "is more than"),
        Operator("gte", "is at least"),
        Operator("lt", "is less than"),
        Operator("lte", "is at most"),
        Operator("in", "is one of"),
        Operator("notin", "is none of"),
        Operator("isnull", "is empty", takes_value=False),
        Operator("notnull", "is not empty", takes_value=False),
    )
}

LIKE = frozenset({"contains", "startswith", "endswith"})
COMPARE = frozenset({"gt", "gte", "lt", "lte"})
LISTS = frozenset({"in", "notin"})


def operators_for(column: Column) -> list[Operator]:
    """Return the operators that make sense for ``column``, the most usual first."""
    return [each for each in OPERATORS.values() if allows(column, each.name)]


def sortable(column: Column) -> bool:
    """Tell whether every database has an order for a column's values."""
    return column.kind not in ("json", "other")


def allows(column: Column, op: str) -> bool:
    if op in LIKE:
        return column.kind not in ("boolean", "bytes")
    if op in COMPARE:
        return column.kind in ORDERED_KINDS
    if op in ("isnull", "notnull"):
        return True
    return column.kind not in ("json", "bytes")

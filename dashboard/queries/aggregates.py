"""The grammar of ``_agg`` and ``_by``: what is counted of which rows together."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dashboard.queries.fields import Fields
from dashboard.queries.query import Field, Group, GroupSort, Measure, QueryError

BUCKETS = ("minute", "hour", "day", "week", "month", "year")
DAY_BUCKETS = BUCKETS[2:]
"""What dates, which have no time of day, can be put into."""

MAX_MEASURES = 10
MAX_GROUPS = 2

SUMMED_KINDS = frozenset({"integer", "number"})
RANGED_KINDS = SUMMED_KINDS | {"date", "datetime", "time", "interval"}
GROUPED_KINDS = RANGED_KINDS | {"text", "longtext", "choice", "boolean", "uuid"}

BUCKETS_OF = {"datetime": BUCKETS, "date": DAY_BUCKETS}
"""The buckets that columns of each kind can be put into."""

MEASURED = {"sum": SUMMED_KINDS, "avg": SUMMED_KINDS, "min": RANGED_KINDS, "max": RANGED_KINDS}

COUNT = Measure("count")


def parse_measure(fields: Fields, parameter: str, text: str) -> Measure:
    function, colon, name = text.partition(":")
    if function == "count":
        return Measure("count", fields.find(parameter, name)) if colon else COUNT
    kinds = MEASURED.get(function)
    if kinds is None or not colon:
        allowed = "count, count:FIELD, sum:FIELD, avg:FIELD, min:FIELD, max:FIELD"
        raise QueryError(parameter, f"{text[:60]!r} is not known. Allowed are {allowed}.")
    field = fields.find(parameter, name)
    if field.kind not in kinds:
        allowed = _names(fields, kinds)
        raise QueryError(parameter, f"there is no {function} of {name}. Allowed are {allowed}.")
    return Measure(function, field)


def parse_group(fields: Fields, parameter: str, text: str) -> Group:
    name, colon, bucket = text.rpartition(":")
    if not colon or fields.has(text):
        return Group(_groupable(fields, parameter, text))
    field = fields.find(parameter, name)
    allowed: tuple[str, ...] = BUCKETS_OF.get(field.kind, ())
    if bucket not in allowed:
        known = f"are {', '.join(allowed)}" if allowed else "is none: it's not a date or time"
        raise QueryError(parameter, f"{bucket[:60]!r} is no part of {name}. Allowed {known}.")
    return Group(field, bucket)


def _groupable(fields: Fields, parameter: str, name: str) -> Field:
    field = fields.find(parameter, name)
    if field.kind not in GROUPED_KINDS:
        allowed = _names(fields, GROUPED_KINDS)
        raise QueryError(parameter, f"{name} can't be grouped by. Allowed are {allowed}.")
    return field


def parse_group_sort(
    groups: Iterable[Group], measures: Iterable[Measure], parameter: str, text: str
) -> GroupSort:
    """Return the order that names one of the groups or measures exactly as they're written."""
    known: dict[str, Group | Measure] = {each.name: each for each in groups}
    known |= {each.name: each for each in measures if each.name not in known}
    if text not in known:
        message = f"{text[:60]!r} is not among what is grouped by or counted: {', '.join(known)}."
        raise QueryError(parameter, message)
    return GroupSort(known[text], descending=parameter == "_sort_desc")


def _names(fields: Fields, kinds: Collection[str]) -> str:
    names = (each.name for each in fields.table.public_columns if each.kind in kinds)
    return ", ".join(names) or "no column"

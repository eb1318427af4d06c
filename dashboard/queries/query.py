"""A table's query as typed values: what to show of it, in what order, from where on."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from dashboard.catalog import Column, Table
from dashboard.queries.names import parameter, written


class QueryError(ValueError):
    """A query string says something that the table can't answer. ``parameter`` names where."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter
        self.message = message


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the query's table or, one step away, of the table that ``through`` refers to."""

    column: Column
    through: Column | None = None

    @property
    def name(self) -> str:
        """What the grammar calls it: ``delay``, or ``carrier.name``."""
        if self.through is None:
            return written(self.column.name)
        return written(self.through.name, self.column.name)

    @property
    def key(self) -> Hashable:
        """Where its value is in a row: by its name, if it's a column of the table itself."""
        return self.column.name if self.through is None else (self.through.name, self.column.name)

    @property
    def label(self) -> str:
        if self.through is None or self.through.inherits:
            return self.column.label
        return f"{self.through.label}: {self.column.label}"

    @property
    def kind(self) -> str:
        return self.column.kind

    @property
    def reads(self) -> Iterator[str]:
        """The names of the tables besides the query's own that its value comes from."""
        if self.through is not None and self.through.reference is not None:
            yield self.through.reference.table


@dataclass(frozen=True, slots=True)
class Cut:
    """The begin of a value that is too long for an address: its record has the whole of it."""

    begin: str | bytes


@dataclass(frozen=True, slots=True)
class Filter:
    """``text`` is what the URL says; ``value`` is what it means, a tuple for ``in``."""

    field: Field
    op: str
    text: str
    value: Any
    taken: bool = False
    """Whether a column is called as its parameter would be."""

    @property
    def name(self) -> str:
        """The parameter's name: ``delay__gt``."""
        return parameter(self.field.name, self.op, taken=self.taken)


@dataclass(frozen=True, slots=True)
class Sort:
    field: Field
    descending: bool = False


FUNCTION_LABELS = {
    "count": "Number",
    "sum": "Sum",
    "avg": "Average",
    "min": "Least",
    "max": "Most",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of many rows; ``field`` is None where rows themselves are counted."""

    function: str
    field: Field | None = None

    @property
    def name(self) -> str:
        """What the grammar calls it: ``count``, or ``avg:delay``."""
        return self.function if self.field is None else f"{self.function}:{self.field.name}"

    @property
    def label(self) -> str:
        label = FUNCTION_LABELS[self.function]
        return label if self.field is None else f"{label} of {self.field.label}"


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of equal values are one group; with a ``bucket``, those of the same hour and so on."""

    field: Field
    bucket: str | None = None

    @property
    def name(self) -> str:
        """What the grammar calls it: ``carrier``, or ``scheduled:hour``."""
        return self.field.name if self.bucket is None else f"{self.field.name}:{self.bucket}"

    @property
    def label(self) -> str:
        return self.field.label if self.bucket is None else f"{self.field.label}, {self.bucket}"


@dataclass(frozen=True, slots=True)
class GroupSort:
    """The order of groups, by what they have in common or by one of their figures."""

    by: Group | Measure
    descending: bool = False


@dataclass(frozen=True, slots=True)
class TableQuery:
    """``after`` holds the sort values and the key of the row that the page follows, long ones as
    Cut; without a key, how many rows come before the page.

    ``columns`` are those to show; the key's are read in any case. ``usual_size`` is the size of
    a page whose query says nothing of it. An aggregated query has ``measures`` of its
    ``groups``, or of all rows where it has none, in the order of ``group_sort``; ``size`` is
    the most groups, and ``sort``, ``columns`` and ``after`` mean nothing.
    """

    table: Table
    filters: tuple[Filter, ...] = ()
    search: str = ""
    sort: tuple[Sort, ...] = ()
    size: int = 100
    usual_size: int = 100
    after: tuple[Any, ...] | None = None
    columns: tuple[Field, ...] = ()
    chosen: bool = False
    """Whether the columns were chosen by ``_col`` rather than being those shown by default."""
    measures: tuple[Measure, ...] = ()
    groups: tuple[Group, ...] = ()
    group_sort: tuple[GroupSort, ...] = ()

    @property
    def cut(self) -> bool:
        """Whether where the page begins is known only with the record that it follows."""
        return any(isinstance(each, Cut) for each in self.after or ())

    @property
    def aggregated(self) -> bool:
        return bool(self.measures)

    @property
    def order(self) -> tuple[Sort, ...]:
        """The whole order: that which was asked for, and what makes it total, mostly the key."""
        asked = {each.field.name for each in self.sort}
        fields = map(Field, self.table.order)
        return (*self.sort, *(Sort(each) for each in fields if each.name not in asked))

    @property
    def group_order(self) -> tuple[GroupSort, ...]:
        """The whole order of the groups: that which was asked for, then upwards by each."""
        asked = {each.by.name for each in self.group_sort}
        return (
            *self.group_sort,
            *(GroupSort(each) for each in self.groups if each.name not in asked),
        )

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field that the query names or shows, some of them more than once."""
        filtered = tuple(each.field for each in self.filters)
        if self.aggregated:
            measured = tuple(each.field for each in self.measures if each.field is not None)
            return (*filtered, *(each.field for each in self.groups), *measured)
        return (*filtered, *(each.field for each in self.order), *self.columns)

    @property
    def searched(self) -> tuple[Field, ...]:
        """The columns in which is searched, besides what records are called that it refers to."""
        beside = (Field(each, through) for through, each in self.table.beside if each.searchable)
        return (*map(Field, self.table.searchable_columns), *beside) if self.search else ()

    @property
    def labelled(self) -> tuple[Column, ...]:
        """The references whose records are called by their labels, where those may be seen."""
        shown = tuple(each.field for each in self.groups) if self.aggregated else self.columns
        direct = {each.column.name for each in shown if each.through is None}
        return tuple(each for each in self.table.references if each.name in direct)

    @property
    def reads(self) -> frozenset[str]:
        """The names of the tables whose changes may change the result."""
        through = (name for field in self.fields for name in field.reads)
        references = (*self.labelled, *(self.table.references if self.search else ()))
        referred = (each.reference.table for each in references if each.reference is not None)
        return frozenset({self.table.name, *through, *referred})

    def but(self, **changes: Any) -> TableQuery:
        return replace(self, **changes)

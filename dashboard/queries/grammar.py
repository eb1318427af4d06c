"""Datasette's query-string grammar, parsed once into a TableQuery, and written back.

``column=value``, ``column__op=value``, ``_search=``, ``_sort=``, ``_sort_desc=``, ``_size=``,
``_next=``, ``_col=``: see the "Table arguments" of Datasette's JSON API documentation. Ours are
``_agg=`` and ``_by=``, and fields of referred tables such as ``carrier.name``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, urlencode

from dashboard.catalog import Table, VisibleCatalog
from dashboard.queries.aggregates import (
    COUNT,
    MAX_GROUPS,
    MAX_MEASURES,
    parse_group,
    parse_group_sort,
    parse_measure,
)
from dashboard.queries.fields import Fields
from dashboard.queries.filters import parse_filter
from dashboard.queries.operators import sortable
from dashboard.queries.query import Field, Filter, Group, Measure, QueryError, Sort, TableQuery
from dashboard.queries.tokens import read_token, token_of

Pairs = Iterable[tuple[str, str]]

MAX_SIZE = 1000
MAX_FILTERS = 20
MAX_SORTS = 10
MAX_WORDS = 20
MAX_LENGTH = 2000
MAX_TOKEN = 20_000
"""A ``_next`` holds the values that the rows are sorted by, which may be long texts."""


def parse_query(
    table: Table, pairs: Pairs, size: int = 100, catalog: VisibleCatalog | None = None
) -> TableQuery:
    """Return the query that ``pairs`` of a query string mean for ``table``.

    Without ``_sort`` rows come in the table's own default order. References are followed to the
    tables of ``catalog``. Raises QueryError, which names the parameter and says what is allowed.
    """
    draft = _Draft(Fields(table, catalog), size)
    for name, text in pairs:
        most = MAX_TOKEN if name == "_next" else MAX_LENGTH
        if len(text) > most:
            raise QueryError(name, f"is longer than {most} characters.")
        if "\0" in text:
            raise QueryError(name, "has a NUL character in it.")
        draft.take(name, text)
    return draft.finish()


class _Draft:
    """A query while its string is being read."""

    def __init__(self, fields: Fields, size: int) -> None:
        self._fields = fields
        self._table = fields.table
        self._filters: list[Filter] = []
        self._search: list[str] = []
        self._sort: list[tuple[str, str]] = []
        self._columns: list[Field] = []
        self._size = self._usual_size = size
        self._next: str | None = None
        self._measures: list[Measure] = []
        self._groups: list[Group] = []

    def take(self, name: str, text: str) -> None:
        special: dict[str, Callable[[str, str], None]] = {
            "_search": self._take_search,
            "_sort": self._take_sort,
            "_sort_desc": self._take_sort,
            "_size": self._take_size,
            "_next": self._take_next,
            "_col": self._take_column,
            "_agg": self._take_measure,
            "_by": self._take_group,
        }
        take = special.get(name)
        if take is not None:
            take(name, text)
        elif name.startswith("_") and not self._is_filter(name):
            raise QueryError(name, f"is not known. Known are {', '.join(special)}.")
        else:
            self._take_filter(name, text)

    def _is_filter(self, name: str) -> bool:
        return self._fields.has(name) or self._fields.has(name.rpartition("__")[0])

    def _take_filter(self, name: str, text: str) -> None:
        if len(self._filters) == MAX_FILTERS:
            raise QueryError(name, f"is filter number {MAX_FILTERS + 1}; more aren't allowed.")
        self._filters.append(parse_filter(self._fields, name, text))

    def _take_search(self, name: str, text: str) -> None:
        self._search += text.split()
        if len(self._search) > MAX_WORDS:
            raise QueryError(name, f"at most {MAX_WORDS} words may be searched for.")

    def _take_sort(self, name: str, text: str) -> None:
        # What it names can be told only when all of the string has been read.
        if all(each != text for _, each in self._sort):
            self._sort.append((name, text))
        if len(self._sort) > MAX_SORTS:
            raise QueryError(name, f"at most {MAX_SORTS} may be sorted by.")

    def _take_size(self, name: str, text: str) -> None:
        if text == "max":
            self._size = MAX_SIZE
            return
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_SIZE):
            raise QueryError(name, f"must be a whole number from 1 to {MAX_SIZE}, or max.")
        self._size = int(text)

    def _take_next(self, name: str, text: str) -> None:
        self._next = text

    def _take_column(self, name: str, text: str) -> None:
        field = self._fields.find(name, text)
        if field not in self._columns:
            self._columns.append(field)

    def _take_measure(self, name: str, text: str) -> None:
        measure = parse_measure(self._fields, name, text)
        if measure not in self._measures:
            self._measures.append(measure)
        if len(self._measures) > MAX_MEASURES:
            raise QueryError(name, f"at most {MAX_MEASURES} are allowed.")

    def _take_group(self, name: str, text: str) -> None:
        group = parse_group(self._fields, name, text)
        if group not in self._groups:
            self._groups.append(group)
        if len(self._groups) > MAX_GROUPS:
            raise QueryError(name, f"at most {MAX_GROUPS} are allowed.")

    def finish(self) -> TableQuery:
        query = TableQuery(
            table=self._table,
            filters=tuple(sorted(self._filters, key=lambda each: (each.field.name, each.op))),
            search=" ".join(self._search),
            size=self._size,
            usual_size=self._usual_size,
        )
        return self._of_groups(query) if self._groups or self._measures else self._of_rows(query)

    def _of_rows(self, query: TableQuery) -> TableQuery:
        sort = tuple(self._sort_of(name, text) for name, text in self._sort)
        chosen = tuple(sorted(self._columns, key=self._fields.place))
        query = query.but(
            sort=sort or default_sort(self._table),
            columns=chosen or tuple(self._fields.shown()),
            chosen=bool(chosen),
        )
        return query if not self._next else query.but(after=read_token(query, self._next))

    def _sort_of(self, name: str, text: str) -> Sort:
        field = self._fields.find(name, text)
        if not sortable(field.column):
            raise QueryError(name, f"{field.name} can't be sorted by.")
        return Sort(field, descending=name == "_sort_desc")

    def _of_groups(self, query: TableQuery) -> TableQuery:
        for name, given in (("_next", self._next), ("_col", self._columns)):
            if given:
                raise QueryError(name, "is of no use with _agg or _by; leave it out.")
        measures = self._measures or [COUNT]
        return query.but(
            measures=tuple(measures),
            groups=tuple(self._groups),
            group_sort=tuple(
                parse_group_sort(self._groups, measures, name, text) for name, text in self._sort
            ),
        )


def default_sort(table: Table) -> tuple[Sort, ...]:
    """Return the order that the table's info asks for: ``-column`` is descending."""
    found = ((table.column(name.lstrip("-")), name.startswith("-")) for name in table.default_sort)
    return tuple(
        Sort(Field(column), descending) for column, descending in found if column is not None
    )


def to_pairs(query: TableQuery) -> list[tuple[str, str]]:
    """Return the query in its canonical form: equal queries are equal pairs."""
    pairs = [(each.name, each.text) for each in query.filters]
    if query.search:
        pairs.append(("_search", query.search))
    if query.aggregated:
        pairs += _pairs_of_groups(query)
    elif query.sort != default_sort(query.table):
        pairs += [(_sorting(each.descending), each.field.name) for each in query.sort]
    pairs += [("_col", field.name) for field in query.columns if query.chosen]
    if query.size != query.usual_size:
        pairs.append(("_size", str(query.size)))
    if query.after is not None:
        pairs.append(("_next", token_of(query.after)))
    return pairs


def _pairs_of_groups(query: TableQuery) -> list[tuple[str, str]]:
    pairs = [("_by", each.name) for each in query.groups]
    if not query.groups or query.measures != (COUNT,):
        pairs += [("_agg", each.name) for each in query.measures]
    return pairs + [(_sorting(each.descending), each.by.name) for each in query.group_sort]


def _sorting(descending: bool) -> str:
    return "_sort_desc" if descending else "_sort"


def pairs_of(text: str) -> list[tuple[str, str]]:
    """Return the pairs of a query string; an address counts from its question mark on."""
    text = text.strip()
    if text.startswith(("?", "/", "http://", "https://")):
        text = text.partition("?")[2]
    return parse_qsl(text, keep_blank_values=True)


def to_text(query: TableQuery) -> str:
    return urlencode(to_pairs(query))

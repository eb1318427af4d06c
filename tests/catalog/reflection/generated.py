"""Schemas that nobody would make, with a few rows: what is alike on all databases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.catalog.reflection.names import names
from tests.catalog.reflection.schema import Column, Reference, Schema, Table, quoted

ACTIONS = (
    "",
    "ON DELETE CASCADE",
    "ON DELETE SET NULL ON UPDATE CASCADE",
    "ON DELETE SET DEFAULT",
    "ON UPDATE CASCADE",
)

Draw = Callable[..., Any]
Types = Mapping[str, tuple[st.SearchStrategy[Any], Sequence[str]]]
"""Of each type: its values, and defaults in SQL."""


@dataclass(frozen=True, repr=False)
class Kind:
    """What one kind of database has.

    ``fold`` tells which names are one. ``made`` and ``rules`` are SQL for columns that the database
    makes the value of, and for a table's CHECKs; ``others`` for what may be beside tables. In them
    stand {t} and {u} for tables, {a} and {b} for columns of the first, {n} for a new name, all of
    them quoted. ``anything`` are values that any column may have; ``finish`` may change a table.
    """

    types: Types
    key_types: Sequence[str]
    fold: Callable[[str], str]
    made: Sequence[str]
    rules: Sequence[str]
    others: Sequence[str]
    anything: st.SearchStrategy[Any] | None = None
    no_columns: Collection[str] = ()
    """What no column may be called."""
    forgiving: bool = False
    """Whether a reference may name what isn't unique, or isn't there yet."""
    finish: Callable[[Draw, Table], None] = lambda draw, table: None


@st.composite
def schemas(draw: Draw, kind: Kind, most: int = 8) -> Schema:
    count = draw(st.integers(1, most))
    found = draw(st.lists(names, min_size=count, max_size=count, unique_by=kind.fold))
    tables: list[Table] = []
    for name in found:
        tables.append(draw(_tables(kind, name, tables)))
    if kind.forgiving and len(tables) > 1 and draw(st.booleans()):
        _refer(draw, kind, tables[0], tables[1:])
    more = st.sampled_from(kind.others).flatmap(lambda form: _filled(form, tables))
    return Schema(tables, draw(st.lists(more, min_size=2, max_size=9)))


@st.composite
def _filled(draw: Draw, form: str, tables: Sequence[Table]) -> str:
    table, other = (draw(st.sampled_from(tables)) for _ in range(2))
    return _fill(draw, form, table.columns, t=table.name, u=other.name, n=draw(names))


def _fill(draw: Draw, form: str, columns: Sequence[Column], **given: str) -> str:
    a, b = (draw(st.sampled_from(columns)).name for _ in range(2))
    for letter, name in {**given, "a": a, "b": b}.items():
        form = form.replace(f"{{{letter}}}", quoted(name))
    return form


@st.composite
def _tables(draw: Draw, kind: Kind, name: str, others: Sequence[Table]) -> Table:
    usable = names.filter(lambda name: name not in kind.no_columns)
    column_names = draw(st.lists(usable, min_size=1, max_size=7, unique_by=kind.fold))
    parts = min(draw(st.sampled_from([0, 1, 1, 1, 1, 2, 3])), len(column_names))
    columns = [
        draw(_columns(kind, column, in_key=place < parts))
        for place, column in enumerate(column_names)
    ]
    table = Table(name, columns, columns[:parts])
    _refer(draw, kind, table, others)
    if draw(st.integers(0, 2)) == 0:
        table.rules.append(_fill(draw, draw(st.sampled_from(kind.rules)), columns, t=name))
    last = columns[-1]
    free = len(columns) > max(parts, 1) and all(last not in one.here for one in table.references)
    if free and draw(st.integers(0, 2)) == 0:
        last.made = _fill(draw, draw(st.sampled_from(kind.made)), columns[:-1], t=name)
        last.type, last.nullable = "", True
    kind.finish(draw, table)
    written = [each for each in columns if not each.made]
    for _ in range(draw(st.integers(0, 4))):
        table.rows.append([draw(_values(kind, each, table, others)) for each in written])
    return table


@st.composite
def _columns(draw: Draw, kind: Kind, name: str, *, in_key: bool) -> Column:
    type_ = draw(st.sampled_from(list(kind.key_types if in_key else kind.types)))
    values, defaults = kind.types[type_]
    nullable = draw(st.booleans()) and not in_key
    default = None if in_key else draw(st.sampled_from([None, None, *defaults]))
    return Column(name, type_, nullable, default, values)


def _refer(draw: Draw, kind: Kind, table: Table, others: Sequence[Table]) -> None:
    """Let columns that are no key refer to keys, in any order, or to another's first column."""
    free = [each for each in table.columns if each not in table.key or len(table.key) == 1]
    for target in draw(st.permutations([*others, table]))[: draw(st.integers(0, 2))]:
        keyed = target.key and draw(st.integers(0, 5)) > 0
        there = target.key if keyed else [draw(st.sampled_from(target.columns))]
        if len(free) < len(there):
            continue
        if not keyed and not (kind.forgiving and draw(st.booleans())):
            if there[0].type not in kind.key_types or there[0].made:
                continue
            target.rules.append(f"UNIQUE ({quoted(there[0].name)})")
        here, free = free[-len(there) :], free[: -len(there)]
        for mine, theirs in zip(here, there, strict=True):
            if mine in table.key and (theirs.type not in kind.key_types or target is table):
                return
            mine.type, mine.values, mine.default = theirs.type, theirs.values, None
            mine.nullable = (mine.nullable or target is table) and mine not in table.key
        said = [] if keyed and draw(st.booleans()) else [each.name for each in there]
        action = draw(st.sampled_from(ACTIONS))
        table.references.append(Reference(here, target.name, said, action))


@st.composite
def _values(draw: Draw, kind: Kind, column: Column, table: Table, others: Sequence[Table]) -> Any:
    if column.nullable and draw(st.integers(0, 3)) == 0:
        return None
    there = [value for each in (*others, table) for value in _referred(table, column, each)]
    if there and draw(st.integers(0, 9)) > 0:
        return draw(st.sampled_from(there))
    odd = kind.anything is not None and draw(st.integers(0, 3)) == 0
    return draw(kind.anything if odd and kind.anything is not None else column.values)


def _referred(table: Table, column: Column, target: Table) -> list[Any]:
    """Return the values that a column of ``table`` may have to name a row of ``target``."""
    written = [each for each in target.columns if not each.made]
    found = []
    for each in table.references:
        if each.target == target.name and column in each.here:
            place = each.here.index(column)
            names_there = each.there or [key.name for key in target.key]
            theirs = next(one for one in target.columns if one.name == names_there[place])
            found += [row[written.index(theirs)] for row in target.rows if theirs in written]
    return found

"""Rows of a table as the templates take them: texts, links and tones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from dashboard.catalog import Column, Table, VisibleCatalog
from dashboard.catalog.records import has_key, key_of
from dashboard.catalog.values import encode_key, to_json, to_text
from dashboard.queries import Field, TableQuery
from dashboard.queries.sql import label_key
from dashboard.views.paths import Paths

CELL_LENGTH = 160
TITLE_LENGTH = 1000

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. ``text`` is cut where ``long``; ``title`` then has more of it."""

    column: str
    label: str
    kind: str
    text: str
    href: str | None
    tone: str | None
    align: str
    null: bool
    datetime: str | None
    long: bool
    title: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One record in a table, or one group of them: what the ``row`` macro renders."""

    key: str
    href: str | None
    cells: tuple[Cell, ...]


def printable(text: str) -> str:
    """Return ``text`` with what HTML can't hold made visible: controls, lone surrogates."""
    text = _CONTROLS.sub(lambda found: chr(0x2400 + min(ord(found[0]), 0x21)), text)
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def align(column: Column) -> str:
    numeric = column.kind in ("integer", "number", "interval") and not column.reference
    return "end" if numeric else "start"


def heading(field: Column | Field) -> str:
    unit = field.column.unit if isinstance(field, Field) else field.unit
    return f"{field.label}, {unit}" if unit else field.label


class Rows:
    """Makes rows and cells with links to where ``paths`` and what is visible allow."""

    def __init__(self, paths: Paths, catalog: VisibleCatalog) -> None:
        self._paths = paths
        self._catalog = catalog
        self._made: dict[str, tuple[str, Row]] = {}

    def rows(self, query: TableQuery, records: Iterable[Mapping[str, Any]]) -> list[Row]:
        """Return the records' rows. One that is as it was the last time isn't made anew."""
        made = {}
        for place, record in enumerate(records, 1):
            # Without a key a row is what stands at its place; no key has such a sign in it.
            key = self._key(query.table, record) or f"#{place}"
            # Values that are equal may read differently: 1 and True, or a JSON object's order.
            content = repr(record)
            known = self._made.get(key)
            if known is None or known[0] != content:
                known = (content, self.row(query, record, key))
            made[key] = known
        self._made = made
        return [row for _, row in made.values()]

    @staticmethod
    def _key(table: Table, record: Mapping[Any, Any]) -> str | None:
        return encode_key(table, key_of(table, record)) if has_key(table, record) else None

    def row(self, query: TableQuery, record: Mapping[Any, Any], key: str) -> Row:
        cells = tuple(self.field_cell(query.table, field, record) for field in query.columns)
        return Row(key, self.href(query.table, record), cells)

    def href(self, table: Table, record: Mapping[Any, Any]) -> str | None:
        """Return the address of a record's page, None where it can't have one."""
        key = self._key(table, record)
        return None if key is None else self._paths.record(table.name, key)

    def field_cell(self, table: Table, field: Field, record: Mapping[Any, Any]) -> Cell:
        """Return the cell of a field; one that names a record, or is of it, links to it."""
        if field.through is None:
            cell = self.cell(field.column, record)
            return replace(
                cell, href=cell.href or self._composite_link(table, field.column, record)
            )
        cell = self.cell(field.column, {field.column.name: record[field.key]})
        href = cell.href or self._link(field.through, record[field.through.name])
        return replace(cell, column=field.name, label=field.label, href=href)

    def cell(
        self, column: Column, record: Mapping[Any, Any], length: int | None = CELL_LENGTH
    ) -> Cell:
        """Return the cell of ``column``; ``length`` None leaves its text whole."""
        value = record[column.name]
        label = record.get(label_key(column.name))
        text = printable(to_text(column, value) if label is None else str(label))
        long = length is not None and len(text) > length
        return Cell(
            column=Field(column).name,
            label=column.label,
            kind="reference" if column.reference else column.kind,
            text=text[:length].rstrip() + "…" if long else text,
            href=self._link(column, value),
            tone=tone(column, value),
            align=align(column),
            null=value is None,
            datetime=value.isoformat() if isinstance(value, date | datetime | time) else None,
            long=long,
            title=text[:TITLE_LENGTH] if long else None,
        )

    def _link(self, column: Column, value: Any) -> str | None:
        referred = self._catalog.referred(column)
        if referred is None or value is None or column.reference is None:
            return None
        if tuple(each.name for each in referred.key) != (column.reference.column,):
            return None
        return self._paths.record(referred.name, encode_key(referred, (value,)))

    def _composite_link(
        self, table: Table, column: Column, record: Mapping[Any, Any]
    ) -> str | None:
        """Return the address of the record that a column names along with others."""
        key = table.composites.get(column.name)
        referred = None if key is None else self._catalog.get(key.table)
        if key is None or referred is None:
            return None
        named = {name: record[part.name] for part, name in key.pairs}
        is_key = named.keys() == {each.name for each in referred.key}
        return self.href(referred, named) if is_key else None


def tone(column: Column, value: Any) -> str | None:
    """Return the tone that ``info["tones"]`` gives ``value``: by choice, or by threshold."""
    if value is None or not column.tones:
        return None
    if isinstance(column.tones, Mapping):
        return column.tones.get(to_json(value))
    reached = [tone for threshold, tone in sorted(column.tones) if value >= threshold]
    return reached[-1] if reached else None

"""The live view of one record: its fields, what refers to it, and its history."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.catalog import Column, Table
from dashboard.catalog.records import Key, key_of, load, row_label, select_rows
from dashboard.catalog.values import encode_key, from_json, to_json, to_text
from dashboard.changes import Change, log
from dashboard.changes.change import iso
from dashboard.queries.certainty import unequal
from dashboard.queries.live import Operation
from dashboard.queries.names import written
from dashboard.queries.page import Total, count
from dashboard.queries.relevance import called_by, differs_in
from dashboard.queries.sql import label_key
from dashboard.views.access import Access
from dashboard.views.cells import Cell, Rows, heading, printable
from dashboard.views.fragments import render_macro
from dashboard.views.paths import Paths

RELATED_ROWS = 5
HISTORY_TEXT = 300


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    help: str | None
    cell: Cell


@dataclass(frozen=True, slots=True)
class RecordState:
    """What a record's page shows; ``fields`` is empty where the record is gone."""

    title: str
    exists: bool
    fields: tuple[Field, ...]
    related: tuple[dict[str, Any], ...]
    history: tuple[dict[str, Any], ...]


class RecordView:
    """One record's page, for all who have the same role."""

    def __init__(self, table: Table, key: Key, access: Access, paths: Paths) -> None:
        self.table = table
        self.name = Paths().record(table.name, encode_key(table, key))
        self.key: Hashable = (self.name, access.role, paths)
        self._record_key = key
        self._catalog = access.catalog
        self._paths = paths
        self._rows = Rows(paths, access.catalog)
        referring = (other.name for other, _ in self._catalog.referring_to(table))
        referred = (self._catalog.referred(each) for each in table.references)
        self.reads = frozenset(
            {table.name, *referring, *(each.name for each in referred if each is not None)}
        )

    def touched_by(self, change: Change) -> bool:
        """Tell whether a change is of the record, of what it refers to, or of what refers to it."""
        if change.table == self.table.name and not self._is_another(change):
            return True
        if any(differs_in(change, used) for used in self._labelling(change)):
            return True
        return any(self._may_refer(column, change) for column in self._referring(change))

    def _is_another(self, change: Change) -> bool:
        parts = zip(self.table.key, change.key, self._record_key, strict=True)
        return any(unequal(*each) for each in parts)

    def _labelling(self, change: Change) -> Iterator[dict[str, Column]]:
        """Yield what decides which record a reference names, and what that is called."""
        for column in self.table.references:
            referred = self._catalog.referred(column)
            if referred is not None and referred.name == change.table and column.reference:
                used = [*called_by(referred), referred.column(column.reference.column)]
                yield {each.name: each for each in used if each is not None}

    def _referring(self, change: Change) -> Iterator[Column]:
        for other, column in self._catalog.referring_to(self.table):
            used = {each.name: each for each in [*called_by(other), column]}
            if other.name == change.table and differs_in(change, used):
                yield column

    def _may_refer(self, column: Column, change: Change) -> bool:
        """Tell whether a row refers to the record by ``column``, or did."""
        assert column.reference is not None
        names = [each.name for each in self.table.key]
        if column.reference.column not in names:
            return True  # By something that may itself have changed.
        mine = self._record_key[names.index(column.reference.column)]
        rows = (row for row in (change.before, change.after) if row is not None)
        return not all(
            column.name in row and unequal(column, row[column.name], mine) for row in rows
        )

    def load(self, session: Session) -> RecordState:
        record = load(session, self.table, self._record_key)
        if record is None:
            title = ", ".join(map(str, self._record_key))
            return RecordState(title, False, (), (), self._history(session, self._record_key))
        known: dict[Any, Any] = {**record, **self._labels(session, record)}
        return RecordState(
            title=printable(row_label(self.table, record)),
            exists=True,
            fields=tuple(self._field(each, known) for each in self.table.public_columns),
            related=tuple(self._related(session, record)),
            # What is in the address may be the same only to the database: 5, and a 5 with decimals.
            history=self._history(session, key_of(self.table, record)),
        )

    def _labels(self, session: Session, record: Mapping[str, Any]) -> dict[Hashable, str]:
        """Return what the referred records are called, where their tables may be seen."""
        labels = {}
        for column in self.table.references:
            referred = self._catalog.referred(column)
            value = record[column.name]
            if referred is None or column.reference is None or value is None:
                continue
            named = referred.column(column.reference.column)
            assert named is not None
            found = select_rows(session, referred.public_columns, named.sql == value, limit=1)
            for row in found:
                labels[label_key(column.name)] = row_label(referred, row)
        return labels

    def _field(self, column: Column, record: Mapping[Any, Any]) -> Field:
        cell = self._rows.cell(column, record, length=None)
        return Field(column.name, heading(column), column.help, cell)

    def _related(self, session: Session, record: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = []
        for other, column in self._catalog.referring_to(self.table):
            assert column.reference is not None
            value = record[column.reference.column]
            mine = column.sql == value
            total = count(session, sa.select(sa.literal_column("1")).where(mine))
            rows = select_rows(
                session, other.public_columns, mine, order=other.key, limit=RELATED_ROWS
            )
            found.append(self._group(other, column, value, total, list(rows)))
        return found

    def _group(
        self, other: Table, column: Column, value: Any, total: Total, rows: list[dict[str, Any]]
    ) -> dict[str, Any]:
        query = urlencode({written(column.name): _query_text(value)})
        return {
            "label": f"{other.label}: {column.label}",
            "href": f"{self._paths.table(other.name)}?{query}",
            "count_text": str(total),
            "rows": [
                {
                    "label": printable(row_label(other, row)),
                    "href": self._rows.href(other, row),
                }
                for row in rows
            ],
        }

    def _history(self, session: Session, key: Key) -> tuple[dict[str, Any], ...]:
        changes = log.history(session, self.table.name, list(map(to_json, key)))
        return tuple(self._event(change) for change in changes)

    def _event(self, change: Change) -> dict[str, Any]:
        before, after = change.before or {}, change.after or {}
        changed = [
            column
            for column in self.table.public_columns
            if change.op == "update" and before.get(column.name) != after.get(column.name)
        ]
        return {
            "seq": change.seq,
            "at": iso(change.at),
            "at_text": f"{change.at:%Y-%m-%d %H:%M:%S} UTC",
            "actor": change.actor,
            "op": change.op,
            "fields": [
                {
                    "label": column.label,
                    "before": _logged_text(column, before.get(column.name)),
                    "after": _logged_text(column, after.get(column.name)),
                }
                for column in changed
            ],
        }

    def parts(self, state: Any) -> tuple[()]:
        return ()

    def difference(
        self, old: RecordState, new: RecordState, changes: Sequence[Change]
    ) -> list[Operation]:
        before = {each["target"]: each for each in self.whole(old)}
        return [each for each in self.whole(new) if before.get(each["target"]) != each]

    def whole(self, state: RecordState) -> list[Operation]:
        values = asdict(state) | {"fields": state.fields}
        return [
            {"op": "html", "target": name, "html": render_macro("macros/record.pt", name, **values)}
            for name in ("title", "record", "related", "history")
        ]

    def totals(self, state: RecordState) -> dict[str, Any]:
        return {"total": None}


def _query_text(value: Any) -> str:
    value = to_json(value)
    return value if isinstance(value, str) else str(value)


def _logged_text(column: Column, value: Any) -> str:
    """Return a value of the log as a person reads it, even if the column's type has changed."""
    try:
        text = to_text(column, from_json(column, value))
    except (ValueError, TypeError, KeyError):
        text = str(value)
    text = printable(text)
    return text if len(text) <= HISTORY_TEXT else text[:HISTORY_TEXT] + "…"

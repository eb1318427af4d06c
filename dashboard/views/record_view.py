"""The live view of one record: its fields, what refers to it, and its history."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from dashboard.catalog import Column, Table
from dashboard.catalog.records import Key, Row, key_of, load, row_label
from dashboard.catalog.values import encode_key, from_json, to_json, to_text
from dashboard.changes import Change, log
from dashboard.changes.change import iso
from dashboard.queries.certainty import unequal
from dashboard.queries.live import Operation
from dashboard.views.access import Access
from dashboard.views.cells import Cell, Rows, heading, printable
from dashboard.views.fragments import render_macro
from dashboard.views.paths import Paths
from dashboard.views.record_references import Named, References
from dashboard.views.record_related import Related

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
        rows = Rows(paths, access.catalog)
        self._rows = rows
        self._references = References(table, access.catalog, rows)
        self._related = Related(table, key, access.catalog, rows, paths)
        self.reads = self._references.reads | self._related.reads | {table.name}

    def touched_by(self, change: Change) -> bool:
        """Tell whether a change is of the record, of what it refers to, or of what refers to it."""
        if change.table == self.table.name and not self._is_another(change):
            return True
        return self._references.touched_by(change) or self._related.touched_by(change)

    def _is_another(self, change: Change) -> bool:
        parts = zip(self.table.key, change.key, self._record_key, strict=True)
        return any(unequal(*each) for each in parts)

    def load(self, session: Session) -> RecordState:
        record = load(session, self.table, self._record_key)
        if record is None:
            title = ", ".join(map(str, self._record_key))
            return RecordState(title, False, (), (), self._history(session, self._record_key))
        return RecordState(
            title=printable(row_label(self.table, record)),
            exists=True,
            fields=tuple(self._fields(record, self._references.load(session, record))),
            related=tuple(self._related.load(session, record)),
            # What is in the address may be the same only to the database: 5, and a 5 with decimals.
            history=self._history(session, key_of(self.table, record)),
        )

    def _fields(self, record: Row, named: Named) -> Iterator[Field]:
        known: dict[Any, Any] = {**record, **self._references.labels(named)}
        for column in self.table.public_columns:
            cell = self._rows.cell(column, known, length=None)
            yield Field(column.name, heading(column), column.help, cell)
            for cell in self._references.cells_at(column, record, named):
                yield Field(cell.column, cell.label, None, cell)

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


def _logged_text(column: Column, value: Any) -> str:
    """Return a value of the log as a person reads it, even if the column's type has changed."""
    try:
        text = to_text(column, from_json(column, value))
    except (ValueError, TypeError, KeyError):
        text = str(value)
    text = printable(text)
    return text if len(text) <= HISTORY_TEXT else text[:HISTORY_TEXT] + "…"

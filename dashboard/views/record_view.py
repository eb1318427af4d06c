"""The live view of one record: its fields, what refers to it, and its history."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from dashboard.catalog import Column, Table
from dashboard.catalog.records import Key, Row, key_of, load, row_label
from dashboard.catalog.values import encode_key, from_json, to_json, to_text
from dashboard.changes import Change, log
from dashboard.changes.change import iso
from dashboard.queries.live import Operation
from dashboard.views.access import Access
from dashboard.views.cells import Rows, printable
from dashboard.views.fragments import render_macro
from dashboard.views.paths import Paths
from dashboard.views.record_facts import Facts, Field, InheritedFacts
from dashboard.views.record_related import Related

HISTORY_TEXT = 300
MOST_CHANGES = 50


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
        self._parts = dict(zip((each.name for each in table.key), key, strict=True))
        rows = Rows(paths, access.catalog)
        self._facts = Facts(table, access.catalog, rows)
        self._inherited = tuple(
            InheritedFacts(each, access.catalog, rows)
            for each in table.ancestors
            if each.table.name in access.catalog
        )
        self._related = Related(table, key, access.catalog, rows, paths)
        self.reads = self._facts.reads | self._related.reads
        self.reads = self.reads.union(*(each.reads for each in self._inherited))

    def touched_by(self, change: Change) -> bool:
        """Tell whether a change is of the record, of what it refers to, or of what refers to it."""
        return (
            self._facts.touched_by(change, self._record_key)
            or any(each.touched_by(change, self._parts) for each in self._inherited)
            or self._related.touched_by(change)
        )

    def load(self, session: Session) -> RecordState:
        record = load(session, self.table, self._record_key)
        if record is None:
            title = ", ".join(map(str, self._record_key))
            return RecordState(title, False, (), (), self._history(session, self._parts))
        rest = [(each, each.row(session, record)) for each in self._inherited]
        inherited = {each: row for each, row in rest if row is not None}
        return RecordState(
            title=printable(self._title(record, inherited)),
            exists=True,
            fields=tuple(self._fields(session, record, inherited)),
            related=tuple(self._related.load(session, record)),
            # What is in the address may be the same only to the database: 5, and a 5 with decimals.
            history=self._history(session, record),
        )

    def _title(self, record: Row, inherited: Mapping[InheritedFacts, Row]) -> str:
        """Return what the record is called: as the class that it inherits from calls it, if its
        own has no better name than the key."""
        by_key = set(self.table.label_columns) <= {each.name for each in self.table.key}
        for each, row in inherited.items():
            if by_key:
                return each.label(row)
        return row_label(self.table, record)

    def _fields(
        self, session: Session, record: Row, inherited: Mapping[InheritedFacts, Row]
    ) -> Iterator[Field]:
        """Yield the values; what is inherited comes after the key, as it does in a form."""
        own = list(self._facts.load(session, record))
        rest = [field for each, row in inherited.items() for field in each.load(session, row)]
        after = max((n for n, each in enumerate(own, 1) if each.name in self._parts), default=0)
        return iter([*own[:after], *rest, *own[after:]])

    def _history(self, session: Session, record: Row) -> tuple[dict[str, Any], ...]:
        """Return the latest changes of the record, in all of the tables that have a part of it."""
        parts = [(self.table, key_of(self.table, record))]
        parts += [(each.table, each.key_of(record)) for each in self._inherited]
        found = [
            (change, table)
            for table, key in parts
            for change in log.history(session, table.name, list(map(to_json, key)))
        ]
        found.sort(key=lambda each: -each[0].seq)
        return tuple(self._event(*each) for each in found[:MOST_CHANGES])

    @staticmethod
    def _event(change: Change, table: Table) -> dict[str, Any]:
        before, after = change.before or {}, change.after or {}
        changed = [
            column
            for column in table.public_columns
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

"""The shop's rows as the log has them, and a log replayed into such rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from dashboard.catalog.values import to_json
from dashboard.changes import Change
from tests.support.shop import Base

Rows = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]
"""Public values by table and key, all of them as JSON has them."""


def dump(reader: Connection | Session) -> Rows:
    found = {}
    for table in Base.metadata.tables.values():
        public = [column for column in table.columns if not column.info.get("private")]
        for row in reader.execute(sa.select(*public)).mappings():
            values = {column.name: to_json(row[column.name]) for column in public}
            found[table.name, tuple(values[key.name] for key in table.primary_key)] = values
    return found


def replay(rows: Rows, changes: Iterable[Change]) -> None:
    """Do to ``rows`` what the changes say; fail where one doesn't fit what is there."""
    for change in changes:
        place = change.table, change.key
        assert rows.get(place) == change.before, f"{change} does not fit {rows.get(place)}"
        assert change.before != change.after, f"{change} changes nothing"
        if change.after is None:
            del rows[place]
        else:
            rows[place] = change.after

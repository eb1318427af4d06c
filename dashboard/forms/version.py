"""The version of a record: what a save or a delete says it began from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from dashboard.catalog import Table
from dashboard.catalog.values import to_json


def version_of(table: Table, row: Mapping[str, Any]) -> str:
    """Return a hash of the record's public values, as the log would write them.

    Private columns are left out: a form never sets them, and their hash would leave the program.
    """
    values = {column.name: to_json(row[column.name]) for column in table.record_columns}
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:32]

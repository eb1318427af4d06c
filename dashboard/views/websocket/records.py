"""The record that a message is about, by the address of its page."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from pyramid.httpexceptions import HTTPNotFound

from dashboard.catalog import Table
from dashboard.catalog.records import Key
from dashboard.catalog.values import decode_key, encode_key
from dashboard.views.errors import BadInput
from dashboard.views.paths import Paths
from dashboard.views.tables import find_table
from dashboard.views.websocket.talk import Talk


def find_record(talk: Talk, text: str) -> tuple[Table, Key, str]:
    """Return a record's table, its key, and its address as it is always written.

    Raises BadInput, HTTPNotFound or HTTPForbidden; whether there is such a record isn't asked.
    """
    steps = [unquote(step, errors="strict") for step in urlsplit(text).path.split("/")[1:]]
    if len(steps) != 3 or steps[0] != "tables":
        raise BadInput("record", f"record: {text[:200]!r} is not the address of a record.")
    table = find_table(talk, steps[1])
    try:
        key = decode_key(table, steps[2])
    except ValueError as error:
        raise HTTPNotFound(f"{table.label} has no record {steps[2][:100]!r}.") from error
    return table, key, Paths().record(table.name, encode_key(table, key))

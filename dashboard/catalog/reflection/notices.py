"""What a page says of a table that can be read and not changed, or not changed in every way."""

from __future__ import annotations

from dashboard.catalog.reflection.relation import Relation

FOLLOWS = "This page is read again whenever a table here changes."

_KINDS = {
    "view": f"A view: it can be read, not changed. {FOLLOWS}",
    "materialized view": (
        "A materialized view: it can be read, not changed, and shows what its last refresh found. "
        "Load this page again after the next one."
    ),
    "foreign table": (
        "A table of another server: it can be read, not changed, and what changes there isn't "
        "noticed here. Load this page again to see it."
    ),
    "virtual table": f"A virtual table: it can be read, not changed. {FOLLOWS}",
}
NO_KEY = "This table has no primary key, so its records can't be opened or changed. " + FOLLOWS
NO_RIGHT = "The program's account may read this table, not change it."


def notice_of(relation: Relation) -> str | None:
    """Return a sentence for the page of ``relation``, None where it's an ordinary table."""
    if relation.kind in _KINDS:
        return _KINDS[relation.kind]
    if not relation.key and not relation.rowid_is_key:
        return NO_KEY
    return None if relation.writable else NO_RIGHT

"""Two people changed one record: what each of them did, and the form that joins both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.forms.field import ColumnField
from dashboard.forms.json_texts import SURROGATE
from dashboard.forms.schema import RecordForm

Texts = Mapping[str, str]
"""The texts of a form's fields, by the columns' names."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a conflict, as people read it. ``original`` is None where it isn't known.

    ``name`` is the control's, and the two values are the texts that it would hold. ``differs``:
    both changed it, to different texts, so that somebody has to choose.
    """

    name: str
    label: str
    field_id: str
    original: str | None
    theirs: str
    mine: str
    theirs_value: str
    mine_value: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Merge:
    """``texts`` joins both: mine where I changed it, theirs where I did not."""

    texts: dict[str, str]
    differences: list[Difference]


def read_original(text: str | None) -> dict[str, str]:
    """Return the texts that a form was rendered with, as it sent them back; {} for junk."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    # JSON can name half of a character, which no page can be sent with.
    return {
        name: each
        for name, each in found.items()
        if isinstance(each, str) and not SURROGATE.search(each)
    }


def merge(stored: RecordForm, original: Texts, mine: Texts) -> Merge:
    """Compare what I sent with what is stored now.

    ``stored`` is a form filled with the record as it is now. A field that I did not send is not
    mine to change; one whose original isn't known counts as mine.
    """
    merged: dict[str, str] = {}
    differences = []
    for field in stored.inputs:
        found = _compare(field, original, mine)
        merged[field.column.name] = found[0]
        if found[1] is not None:
            differences.append(found[1])
    return Merge(merged, differences)


def _compare(field: ColumnField, original: Texts, mine: Texts) -> tuple[str, Difference | None]:
    name, theirs = field.column.name, field.text
    first = original.get(name)
    my_text = mine.get(name, theirs if first is None else first)
    i_changed = first is None or not field.same(my_text, first)
    they_changed = first is None or not field.same(theirs, first)
    same = field.same(my_text, theirs)
    merged = my_text if i_changed else theirs
    if (first is None and same) or not (i_changed or they_changed):
        return merged, None
    difference = Difference(
        name=field.name,
        label=field.label.text,
        field_id=field.id,
        original=None if first is None else field.shown(first),
        theirs=field.shown(theirs),
        mine=field.shown(my_text),
        theirs_value=theirs,
        mine_value=my_text,
        differs=i_changed and they_changed and not same,
    )
    return merged, difference

"""Mine, theirs and the original: joined by field."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.catalog import Catalog
from dashboard.forms.conflict import merge, read_original
from dashboard.forms.schema import FormClasses
from tests.forms.models import Grade, Sample

CATALOG = Catalog()
CATALOG.add(Sample)
TABLE = CATALOG["sample"]
CLASSES = FormClasses()


def stored(**values):
    row = {column.name: None for column in TABLE.columns} | values
    return CLASSES.get(TABLE, new=False)(row)


def merged(original, mine, theirs, name="text"):
    texts = [{} if text is None else {name: text} for text in (original, mine)]
    found = merge(stored(**{name: theirs}), *texts)
    differences = {each.name: each for each in found.differences}
    return found.texts[name], differences.get(name)


@pytest.mark.parametrize(
    ("original", "mine", "theirs", "result", "differs"),
    [
        ("a", "a", "a", "a", None),
        ("a", "b", "a", "b", False),
        ("a", "a", "b", "b", False),
        ("a", "b", "b", "b", False),
        ("a", "b", "c", "b", True),
        ("a", None, "c", "c", False),
        (None, "b", "c", "b", True),
        (None, "b", "b", "b", None),
        (None, None, "c", "c", None),
        ("a", "", "c", "", True),
        ("a", "b", "", "b", True),
    ],
)
def test_who_wins(original, mine, theirs, result, differs):
    text, difference = merged(original, mine, theirs)
    assert text == result
    assert (difference.differs if difference else None) is differs


names = st.sampled_from(["text", "longtext", "colour"])
texts = st.dictionaries(names, st.sampled_from(["a", "b", "a\nb", "a\r\nb", ""]))


@settings(deadline=None)
@given(texts, texts, texts)
def test_nothing_of_either_is_lost(original, mine, theirs):
    found = merge(stored(**theirs), original, mine)
    shown = {each.name: each for each in found.differences}
    for name, text in found.texts.items():
        field = stored(**theirs)[name]
        i_did = name in mine and name in original and not field.same(mine[name], original[name])
        they_did = name in original and not field.same(field.text, original[name])
        if i_did:
            assert field.same(text, mine[name])
        elif name in original or name not in mine:
            assert text == field.text
        if i_did or they_did:
            assert shown[name].theirs_value == field.text


def test_a_difference_is_told_as_people_read_it():
    found = merge(
        stored(grade=Grade.high, boolean=True),
        {"grade": "", "boolean": "false"},
        {"grade": "low", "boolean": ""},
    )
    grade, boolean = sorted(found.differences, key=lambda each: each.name, reverse=True)
    assert (grade.original, grade.mine, grade.theirs, grade.differs) == ("", "Low", "High", True)
    assert (grade.mine_value, grade.theirs_value) == ("low", "high")
    assert (boolean.original, boolean.mine, boolean.theirs) == ("No", "", "Yes")


def test_the_same_time_written_differently_is_no_difference():
    found = merge(
        stored(datetime=datetime(2013, 7, 22, 5)),
        {"datetime": "2013-07-22T05:00:00"},
        {"datetime": "2013-07-22T05:00"},
    )
    assert found.differences == []


@pytest.mark.parametrize("text", [None, "", "{", "[]", "1", '"x"', "[" * 100_000])
def test_an_original_that_is_junk_is_none(text):
    assert read_original(text) == {}


def test_an_original_is_read_by_its_texts():
    assert read_original('{"a": "b", "c": 1, "d": null, "e": "\\ud800"}') == {"a": "b"}

"""A value, its text in a form, and back: the same value, for each kind of column."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.catalog import Catalog
from dashboard.forms.parsing import parse_text, refuse_unstorable
from dashboard.forms.texts import form_text
from tests.forms.models import Grade, Sample, Urgency

KINDS = {"double": "number", "interval": "interval"}


def column(name):
    catalog = Catalog()
    catalog.add(Sample)
    found = catalog["sample"].column(name)
    return replace(found, kind=KINDS.get(name, found.kind))


COLUMNS = {each: column(each) for each in Sample.__table__.c.keys()}  # noqa: SIM118


def milliseconds(value):
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


json_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)
VALUES = {
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    "longtext": st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1
    ),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.decimals(allow_nan=False, allow_infinity=False, places=4),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "date": st.dates(),
    "datetime": st.datetimes().map(milliseconds),
    "instant": st.datetimes(timezones=st.just(UTC)).map(milliseconds),
    "time": st.times().map(milliseconds),
    "interval": st.timedeltas(),
    "grade": st.sampled_from(Grade),
    "urgency": st.sampled_from(Urgency),
    "colour": st.sampled_from(["red", "green"]),
    "level": st.sampled_from([1, 2]),
    "json": st.recursive(
        json_leaves,
        lambda each: st.lists(each) | st.dictionaries(st.text("ab\\u0\n'\"", max_size=9), each),
        max_leaves=9,
    ),
    "uuid": st.uuids(),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_survives_the_form(name):
    @settings(deadline=None)
    @given(VALUES[name])
    def survives(value):
        text = form_text(COLUMNS[name], value)
        if text or name == "text":
            found = parse_text(COLUMNS[name], text) if text else None
            assert found == value
            assert type(found) is type(value) or name == "json"

    survives()


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_its_digits(value):
    if abs(value.adjusted()) < 400:
        found = parse_text(COLUMNS["number"], form_text(COLUMNS["number"], value))
        assert found == value
        assert value.as_tuple().exponent >= 0 or found.as_tuple() == value.as_tuple()


@pytest.mark.parametrize("name", ["number", "double", "interval", "datetime", "time", "date"])
@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_value_or_a_sentence(name, text):
    try:
        parse_text(COLUMNS[name], text)
    except ValueError as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("number", " 1.10 ", Decimal("1.10")),
        ("number", "1e3", Decimal("1000")),
        ("double", "0.1", 0.1),
        ("interval", "90", timedelta(seconds=90)),
        ("interval", "1:30", timedelta(hours=1, minutes=30)),
        ("interval", "2 days, 1:00:00.5", timedelta(days=2, hours=1, milliseconds=500)),
        ("interval", "-0:00:01", timedelta(seconds=-1)),
        ("datetime", "2013-07-22T05:17", datetime(2013, 7, 22, 5, 17)),
        ("instant", "2013-07-22T05:17:00+02:00", datetime(2013, 7, 22, 3, 17, tzinfo=UTC)),
        ("instant", "2013-07-22T05:17", datetime(2013, 7, 22, 5, 17, tzinfo=UTC)),
        ("json", '{"a": [1.5, null]}', {"a": [1.5, None]}),
        ("json", '"\\\\u0000"', "\\u0000"),
        ("level", "2", 2),
        ("date", "2013-07-22", date(2013, 7, 22)),
        ("time", "05:17:09.25", time(5, 17, 9, 250_000)),
    ],
)
def test_what_people_type(name, text, value):
    assert parse_text(COLUMNS[name], text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("integer", "1.5"),
        ("integer", "9" * 5000),
        ("integer", str(2**63)),
        ("number", "NaN"),
        ("number", "1e999999999"),
        ("number", "-Infinity"),
        ("double", "1e310"),
        ("double", "1e-400"),
        ("datetime", "2013-07-22T05:17+02:00"),
        ("datetime", "yesterday"),
        ("time", "25:00"),
        ("interval", "1e300"),
        ("interval", "nan"),
        ("grade", "middling"),
        ("urgency", "RUSH"),
        ("colour", "blue"),
        ("level", "3"),
        ("boolean", "perhaps"),
        ("uuid", "not-a-uuid"),
        ("json", "{'a': 1}"),
        ("json", "NaN"),
        ("json", "1e999"),
        ("json", "9" * 5000),
        ("json", "[" * 100_000),
        ("json", "[" * 500 + "]" * 500),
        ("json", '"\\u0000"'),
        ("json", '{"\\ud800": 1}'),
    ],
)
def test_what_makes_no_sense_is_told(name, text):
    with pytest.raises(ValueError, match=r"\.$") as caught:
        parse_text(COLUMNS[name], text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfff"])
def test_what_no_column_can_store(text):
    with pytest.raises(ValueError, match="can't be stored"):
        refuse_unstorable(text)


def test_the_text_of_what_should_not_be_there():
    assert form_text(COLUMNS["integer"], "SQLite lets anything in") == "SQLite lets anything in"
    assert form_text(COLUMNS["number"], Decimal("NaN")) == "NaN"
    assert form_text(COLUMNS["double"], math.inf) == "inf"
    assert form_text(COLUMNS["text"], None) == ""
    assert form_text(COLUMNS["json"], "\ud800") == '"\\ud800"'
    away = datetime(2013, 7, 22, 5, tzinfo=timezone(timedelta(hours=2)))
    assert form_text(COLUMNS["instant"], away) == "2013-07-22T03:00:00"


def test_json_null_where_none_means_sql_null():
    quiet = replace(COLUMNS["json"], sql=sa.Column("x", sa.JSON(none_as_null=True)))
    assert parse_text(quiet, "null") is sa.JSON.NULL
    assert parse_text(COLUMNS["json"], "null") is None


def test_json_is_indented_for_people():
    assert form_text(COLUMNS["json"], {"a": [1]}) == json.dumps({"a": [1]}, indent=2)

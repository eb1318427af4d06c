"""Fields: what is untouched stays, what is typed is taken, and the control can hold its text."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import declarative_base
from webob.multidict import MultiDict

from dashboard.catalog import Catalog
from dashboard.forms.schema import FormClasses
from tests.forms.models import Grade, Urgency

CLASSES = FormClasses()


def row(table, **values):
    return {column.name: None for column in table.columns} | values


def edited(table, stored, **texts):
    form = CLASSES.get(table, new=False)(row(table, **stored), MultiDict(texts))
    form.validate()
    return form


def changes(form):
    return {column.name: value for column, value in form.changes().items()}


def control(field):
    return BeautifulSoup(str(field()), "html.parser").find()


def sent_back(field):
    """Return what a browser sends for an untouched field, by the rules of the HTML standard."""
    found = control(field)
    if found.name == "textarea":
        text = found.text.removeprefix("\r\n").replace("\r\n", "\n").replace("\r", "\n")
        return text.replace("\0", "\ufffd").replace("\n", "\r\n")
    if found.name == "select":
        return found.find("option", selected=True)["value"]
    text = found["value"].replace("\0", "\ufffd")
    if found["type"] == "text":
        return text.replace("\r", "").replace("\n", "")
    # The shortest form of the same time, as browsers normalise it.
    return text.removesuffix(":00") if found["type"] != "date" and len(text) > 5 else text


STORED = {
    "text": st.text(st.characters(exclude_categories=["Cs"])),
    "longtext": st.text(st.sampled_from("a \n\r\0\u2028<>&\"'")),
    "integer": st.integers(-(2**63), 2**63 - 1) | st.text("ab", min_size=1),
    "number": st.decimals(),
    "date": st.dates(),
    "datetime": st.datetimes(),
    "instant": st.datetimes(timezones=st.timezones()).filter(lambda each: 1 < each.year < 9999),
    "time": st.times(),
    "boolean": st.booleans(),
    "grade": st.sampled_from(Grade),
    "urgency": st.sampled_from(Urgency),
    "colour": st.text("abc", max_size=3),
    "level": st.integers(0, 5),
    "json": st.recursive(
        st.none() | st.integers() | st.floats() | st.text(), lambda each: st.lists(each)
    ),
    "uuid": st.uuids(),
}


@pytest.mark.parametrize("name", STORED)
def test_an_untouched_field_is_never_changed(sample, name):
    @settings(deadline=None)
    @given(st.none() | STORED[name])
    def stays(value):
        field = CLASSES.get(sample, new=False)(row(sample, **{name: value}))[name]
        form = edited(sample, {name: value}, **{name: sent_back(field)})
        assert not form.errors
        assert changes(form) == {}

    stays()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "", None),
        ("text", "  kept  ", "  kept  "),
        ("text", "None", "None"),
        ("longtext", "a\r\nb", "a\nb"),
        ("integer", " 12 ", 12),
        ("integer", "  ", None),
        ("number", "1.10", Decimal("1.10")),
        ("boolean", "false", False),
        ("date", "2013-07-22", date(2013, 7, 22)),
        ("datetime", "2013-07-22T05:17", datetime(2013, 7, 22, 5, 17)),
        ("datetime", "2013-07-22T05:17:09.123", datetime(2013, 7, 22, 5, 17, 9, 123_000)),
        ("time", "05:17:01", time(5, 17, 1)),
        ("grade", "high", Grade.high),
        ("urgency", "in a rush", Urgency.RUSH),
        ("level", "2", 2),
        ("json", "[1]", [1]),
        ("json", "null", None),
    ],
)
def test_what_is_typed_is_taken(sample, name, text, value):
    stored = {name: "something else" if name in ("text", "longtext", "integer") else None}
    if text in ("", "null") and stored[name] is None:
        stored[name] = 1
    form = edited(sample, stored, **{name: text})
    assert not form.errors
    assert changes(form) == {name: value}


def test_line_ends_stay_what_they_were(sample):
    form = edited(sample, {"longtext": "a\r\nb"}, longtext="a\r\nb\r\nc")
    assert changes(form) == {"longtext": "a\r\nb\r\nc"}


def test_microseconds_are_not_lost_by_saving_something_else(sample):
    stored = {"datetime": datetime(2013, 7, 22, 5, 17, 9, 123_456), "text": "a"}
    form = edited(sample, stored, datetime="2013-07-22T05:17:09.123", text="b")
    assert changes(form) == {"text": "b"}


def test_an_empty_json_field_is_sql_null(sample):
    assert isinstance(changes(edited(sample, {"json": [1]}, json=""))["json"], sa.sql.elements.Null)


def test_a_field_that_was_not_sent_is_left_alone(sample):
    assert changes(edited(sample, {"text": "a", "integer": 1})) == {}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("text", "x" * 201, "At most 200 characters fit; this has 201."),
        ("text", "a\0", "NUL"),
        ("text", "\ud800", "surrogate"),
        ("longtext", "\0", "NUL"),
        ("integer", "many", "'many' is not a whole number."),
        ("date", "2013-02-30", "is not a date"),
        ("grade", "Grade.high", "is not one of"),
        ("json", "{", "line 1, column 2"),
    ],
)
def test_what_is_wrong_is_told_at_the_field_and_stays_typed(sample, name, text, sentence):
    form = edited(sample, {}, **{name: text})
    assert sentence in form[name].errors[0]
    assert list(form.errors) == [name]
    found = control(form[name])
    if "\0" not in text and "\ud800" not in text and found.name != "select":
        assert found.get("value", found.text.removeprefix("\r\n")) == text


def test_an_invalid_stored_value_hinders_nobody(sample):
    form = edited(sample, {"colour": "mauve", "text": "a"}, colour="mauve", text="b")
    assert not form.errors
    options = [each["value"] for each in control(form["colour"]).find_all("option")]
    assert options == ["", "red", "green", "mauve"]


def test_controls(sample):
    stored = row(
        sample,
        text="one line",
        integer=1,
        number=Decimal("1.5"),
        date=date(2013, 7, 22),
        datetime=datetime(2013, 7, 22, 5, 17, 9),
        time=time(5, 17, 9, 250_000),
        bytes=b"x" * 2000,
        boolean=False,
    )
    form = CLASSES.get(sample, new=False)(stored)
    text, number = control(form["text"]), control(form["number"])
    assert (text["type"], text["maxlength"], text["autocomplete"]) == ("text", "200", "off")
    assert (number["type"], number["inputmode"]) == ("text", "decimal")
    assert control(form["integer"])["inputmode"] == "numeric"
    assert control(form["longtext"]).name == control(form["json"]).name == "textarea"
    assert control(form["date"])["type"] == "date"
    moment = control(form["datetime"])
    assert (moment["type"], moment["step"]) == ("datetime-local", "1")
    assert moment["value"] == "2013-07-22T05:17:09"
    assert (control(form["time"])["value"], control(form["time"])["step"]) == (
        "05:17:09.250",
        "0.001",
    )
    assert control(form["bytes"]).name == "output"
    assert control(form["bytes"]).text == "2,000 bytes"
    options = control(form["boolean"]).find_all("option")
    assert [(each["value"], each.text) for each in options] == [
        ("", "—"),
        ("true", "Yes"),
        ("false", "No"),
    ]
    assert control(form["boolean"]).find("option", selected=True)["value"] == "false"


def test_a_text_of_several_lines_is_not_put_in_a_control_that_strips_them(sample):
    form = CLASSES.get(sample, new=False)(row(sample, text="a\nb"))
    assert control(form["text"]).name == "textarea"


def test_html_is_text(sample):
    hostile = "\"><script>alert(1)</script><b x='"
    form = CLASSES.get(sample, new=False)(row(sample, text=hostile, longtext=hostile))
    assert control(form["text"])["value"] == hostile
    assert "<script" not in str(form["text"]()) + str(form["longtext"]())


class TestRequired:
    @pytest.fixture
    def strict(self, catalog):
        return catalog["strict"]

    def new(self, table, **texts):
        form = CLASSES.get(table, new=True)(post=MultiDict(texts))
        form.validate()
        return form

    def test_marks(self, strict):
        form = CLASSES.get(strict, new=True)()
        marked = {field.column.name for field in form if field.flags.required}
        assert marked == {"count", "given", "grade"}

    def test_empty_is_refused_where_there_is_no_value_for_it(self, strict):
        form = self.new(strict, count="", grade="", given=" ", name="")
        assert set(form.errors) == {"count", "grade", "given"}
        assert changes(form) == {"name": ""}

    def test_a_default_is_shown_beforehand(self, strict):
        assert CLASSES.get(strict, new=True)()["given"].text == "7"
        assert changes(self.new(strict, given="7")) == {"given": 7}

    def test_a_default_that_is_computed_is_left_to_who_computes_it(self, strict):
        form = self.new(strict, made="", by_server="")
        assert not form.errors
        assert changes(form) == {}
        stored = {"made": datetime(2013, 7, 22), "by_server": 1}
        assert set(edited(strict, stored, made="", by_server="").errors) == {"made", "by_server"}

    def test_a_key_of_text_is_needed(self, catalog):
        form = self.new(catalog["parcel"], depot="", number="1")
        assert set(form.errors) == {"depot"}


def test_a_columns_own_rule(catalog):
    person = catalog["person"]
    assert edited(person, {"code": "a"}, code="LOUD").errors == {"code": ["Don't shout."]}
    assert not edited(person, {"code": "OLD"}, code="OLD").errors


def test_a_reference_by_a_text_needs_one():
    metadata = sa.MetaData()
    sa.Table("city", metadata, sa.Column("code", sa.Text, primary_key=True))
    sa.Table(
        "street",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("city", sa.ForeignKey("city.code"), nullable=False),
        sa.Column("twin", sa.ForeignKey("city.code")),
    )
    catalog, base = Catalog(), declarative_base(metadata=metadata)
    for name, table in metadata.tables.items():
        catalog.add(type(name, (base,), {"__table__": table}))
    form = CLASSES.get(catalog["street"], new=True)(None, MultiDict(city="", twin=""))
    assert (form["city"].flags.required, form["twin"].flags.required) == (True, None)
    assert not form.validate()
    assert form.errors == {"city": ["A value is needed here."]}

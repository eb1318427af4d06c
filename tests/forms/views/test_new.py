from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa

from tests.forms.models import Parcel, Person, Sample
from tests.forms.views.conftest import form_of


def test_a_new_record(site, editor, fill):
    answer = fill("/tables/person/new", name="Ada", code="", notes="a\r\nb", status=303)
    assert answer.location == "http://localhost/tables/person/1"
    ada = site.one(sa.select(Person.__table__))
    assert (ada["name"], ada["code"], ada["notes"]) == ("Ada", None, "a\nb")
    assert ada["created"] == "by the model"
    assert "Ada was added." in editor.get("/tables/person/new")


def test_the_empty_form(editor):
    page = editor.get("/tables/person/new")
    form = form_of(page)
    assert {name for name in form.fields if name} == {
        "csrf_token",
        "_version",
        "_original",
        "_another",
        "name",
        "code",
        "notes",
        "boss_id",
        "data",
        "validate",
    }
    assert json.loads(form["_original"].value)["notes"] == ""
    boss = page.html.find(id="field-boss_id")
    assert boss["data-combobox-url"] == "/tables/person/choices?column=boss_id"


def test_a_link_may_fill_fields_beforehand(editor, ada):
    page = editor.get(f"/tables/person/new?name=Eve&boss_id={ada}&password=x&nonsense=1")
    form = form_of(page)
    assert (form["name"].value, form["boss_id"].value) == ("Eve", str(ada))
    assert page.html.find(id="field-boss_id")["data-combobox-label"] == "Ada"
    assert editor.get("/tables/sample/new?date=junk&json={").status_int == 200


def test_what_is_wrong_is_told_and_all_that_was_typed_stays(site, fill):
    page = fill(
        "/tables/parcel/new", depot="x" * 11, number="many", label="<b>kept</b>", status=422
    )
    errors = {each["id"]: each.text for each in page.html.find_all(class_="field-error")}
    assert "At most 10 characters" in errors["field-depot-error"]
    assert "'many' is not a whole number" in errors["field-number-error"]
    assert "A value is needed" in errors["field-owner_id-error"]
    assert [each["href"] for each in page.html.select("[data-errors] a[href]")] == [
        "#field-depot",
        "#field-number",
        "#field-owner_id",
    ]
    form = form_of(page)
    assert (form["number"].value, form["label"].value) == ("many", "<b>kept</b>")
    assert site.all(sa.select(Parcel.__table__)) == []


def test_what_the_database_refuses_is_told_at_its_field(site, fill, ada):
    before = site.state()
    page = fill("/tables/person/new", name="Ada", notes="typed", status=422)
    error = page.html.find(id="field-name-error").text
    assert error.strip() == "Another record has this Name already."
    assert form_of(page)["notes"].value == "typed"
    assert site.state() == before
    page = fill("/tables/parcel/new", depot="n", number="1", owner_id="99", label="x", status=422)
    assert "There is no such Owner." in page.html.find(id="field-owner_id-error").text
    assert site.state() == before


def test_a_form_that_was_refused_can_be_sent_again(site, fill, ada):
    form = form_of(fill("/tables/person/new", name="Ada", status=422))
    form["name"] = "Bob"
    form.submit(status=303)
    assert [each["name"] for each in site.people()] == ["Ada", "Bob"]


def test_one_of_each_kind(site, fill):
    texts = {
        "text": " kept ",
        "longtext": "a\n\nb",
        "integer": "-7",
        "small": "3",
        "number": "12.3400",
        "boolean": "false",
        "date": "2013-07-22",
        "datetime": "2013-07-22T05:17:09.250",
        "instant": "2013-07-22T05:17",
        "time": "05:17:09",
        "grade": "high",
        "urgency": "in a rush",
        "colour": "red",
        "level": "2",
        "json": '{"a": [1, "é"]}',
        "uuid": "12345678-1234-5678-1234-567812345678",
    }
    fill("/tables/sample/new", **texts, status=303)
    row = site.one(sa.select(Sample.__table__))
    assert row["text"] == " kept "
    assert str(row["number"]) == "12.3400"
    assert row["boolean"] is False
    assert row["datetime"] == datetime(2013, 7, 22, 5, 17, 9, 250_000)
    assert row["json"] == {"a": [1, "é"]}
    assert (row["grade"].name, row["urgency"].name, row["level"]) == ("high", "RUSH", 2)
    assert str(row["uuid"]).startswith("12345678")


def test_add_and_make_another(site, editor):
    form = form_of(editor.get("/tables/person/new"))
    fields = {**dict(form.submit_fields()), "name": "Ada", "_another": "1"}
    answer = editor.post("/tables/person/new", fields, status=303)
    assert answer.location == "http://localhost/tables/person/new"


def test_a_box_that_is_not_ticked(site, editor, fill, ada):
    texts = {"depot": "n", "owner_id": str(ada)}
    fill("/tables/parcel/new", number="1", label="a", fragile=True, **texts, status=303)
    fill("/tables/parcel/new", number="2", label="b", fragile=False, **texts, status=303)
    rows = site.all(sa.select(Parcel.fragile, Parcel.weight).order_by(Parcel.number))
    assert [row["fragile"] for row in rows] == [True, False]
    assert str(rows[0]["weight"]) == "1.500"


def test_a_key_is_a_path_whatever_it_holds(site, editor, fill, ada):
    texts = {"depot": "a/b,?#% é", "number": "-1", "owner_id": str(ada), "label": "a"}
    location = fill("/tables/parcel/new", **texts, status=303).location
    form = form_of(editor.get(f"{location}/edit"))
    form["label"] = "b"
    assert form.submit(status=303).location == location
    assert site.one(sa.select(Parcel.label))["label"] == "b"


def test_an_unknown_table(editor):
    editor.get("/tables/nothing/new", status=404)

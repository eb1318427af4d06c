"""Which fields a form has, and which names of a POST it takes."""

from __future__ import annotations

import pytest
from pyramid.httpexceptions import HTTPBadRequest
from webob.multidict import MultiDict

from dashboard.forms.schema import FormClasses

CLASSES = FormClasses()


def names(form):
    return [field.column.name for field in form]


def test_a_class_is_built_once_for_a_table(catalog):
    assert CLASSES.get(catalog["person"], new=True) is CLASSES.get(catalog["person"], new=True)
    assert CLASSES.get(catalog["person"], new=True) is not CLASSES.get(catalog["person"], new=False)


def test_only_what_may_be_edited_has_a_field(catalog):
    person = CLASSES.get(catalog["person"], new=True)()
    assert names(person) == ["name", "code", "notes", "boss_id", "data", "validate"]


def test_a_key_is_given_once(catalog):
    new, edit = (CLASSES.get(catalog["parcel"], new=new)() for new in (True, False))
    assert names(new)[:3] == ["depot", "number", "owner_id"]
    assert names(edit)[:2] == ["owner_id", "label"]


def test_bytes_are_shown_but_not_set(sample):
    assert "bytes" not in names(CLASSES.get(sample, new=True)())
    form = CLASSES.get(sample, new=False)({"bytes": b"abc"})
    assert form["bytes"].text == "3 bytes"
    assert "bytes" in [each.column.name for each in form.visible]
    assert "bytes" not in form.texts
    with pytest.raises(HTTPBadRequest):
        form.submitted(MultiDict(bytes="x"), [])


def test_names_that_the_program_uses_itself(catalog):
    form = CLASSES.get(catalog["strict"], new=True)()
    assert form["csrf_token"].name == "column.csrf_token"
    assert form["_version"].name == "column._version"
    post = MultiDict({"csrf_token": "t", "_version": "v", "column._version": "mine"})
    filled = CLASSES.get(catalog["strict"], new=True)(post=form.submitted(post, []))
    assert filled["_version"].text == "mine"
    assert filled["csrf_token"].text == ""


@pytest.mark.parametrize("name", ["id", "password", "internal", "created"])
@pytest.mark.parametrize("new", [True, False])
def test_a_column_that_may_not_be_set_is_refused(catalog, name, new):
    form = CLASSES.get(catalog["person"], new=new)()
    with pytest.raises(HTTPBadRequest, match=name):
        form.submitted(MultiDict({name: "1"}), [])


def test_the_key_of_a_stored_record_is_refused(catalog):
    with pytest.raises(HTTPBadRequest, match="depot"):
        CLASSES.get(catalog["parcel"], new=False)().submitted(MultiDict(depot="x"), [])


def test_a_file_is_refused(catalog):
    with pytest.raises(HTTPBadRequest, match="file"):
        CLASSES.get(catalog["person"], new=True)().submitted(MultiDict({"name": object()}), [])


def test_a_box_that_was_shown_and_not_ticked_says_no(catalog):
    form = CLASSES.get(catalog["parcel"], new=False)()
    assert form.submitted(MultiDict(), {"fragile": "true"})["fragile"] == "false"
    assert "fragile" not in form.submitted(MultiDict(), {})
    assert form.submitted(MultiDict(fragile="true"), {"fragile": ""})["fragile"] == "true"
    new = CLASSES.get(catalog["parcel"], new=True)()
    assert new.submitted(MultiDict(), {})["fragile"] == "false"


def test_errors_find_their_field_or_the_top(catalog):
    form = CLASSES.get(catalog["person"], new=True)()
    form.add_errors({"name": ["a"], "password": ["b"], None: ["c"]})
    assert form["name"].errors == ["a"]
    assert form.form_errors == ["b", "c"]

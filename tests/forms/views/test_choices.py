from __future__ import annotations

import pytest

from tests.forms.models import Person


@pytest.fixture
def crowd(site):
    names = ["Ada", "Adam", "Eve%", "Madam", "50_percent"]
    for name in names + [f"Nobody {number:02}" for number in range(30)]:
        site.add(Person(name=name, password="secret"))


def labels(editor, q, column="owner_id", table="parcel", **more):
    answer = editor.get(f"/tables/{table}/choices", {"column": column, "q": q, **more})
    assert list(answer.json) == ["choices"]
    return [each["label"] for each in answer.json["choices"]]


def test_by_label_and_by_key(editor, crowd):
    assert labels(editor, "ada") == ["Ada", "Adam", "Madam"]
    assert labels(editor, "3")[0] == "Eve%"
    answer = editor.get("/tables/parcel/choices?column=owner_id&q=adam")
    assert answer.json["choices"][0] == {"value": "2", "label": "Adam"}


def test_wildcards_are_characters(editor, crowd):
    assert labels(editor, "%") == ["Eve%"]
    assert labels(editor, "_") == ["50_percent"]


def test_not_more_than_a_list_can_show(editor, crowd):
    assert len(labels(editor, "")) == 20
    assert len(labels(editor, "nobody")) == 20


@pytest.mark.parametrize(
    "q", ["'", '"', "\\", "\0", "x" * 100_000, "a\u2028b", "; DROP TABLE person"]
)
def test_anything_may_be_searched(editor, crowd, q):
    assert labels(editor, q) == []


def test_a_private_column_is_not_searched(editor, crowd):
    assert labels(editor, "secret") == []


@pytest.mark.parametrize("column", ["", "label", "nothing", "password"])
def test_what_is_no_reference(editor, column):
    editor.get("/tables/parcel/choices", {"column": column}, status=404)


def test_a_reference_to_its_own_table(editor, crowd):
    assert labels(editor, "eve", column="boss_id", table="person") == ["Eve%"]


def test_signed_out(site):
    site.browser().get("/tables/parcel/choices?column=owner_id", status=401)


def test_what_may_not_be_seen_is_not_searched(site, editor, crowd, monkeypatch):
    table = site.app.registry["dashboard.catalog"]["person"]
    object.__setattr__(table, "view_role", "admin")
    editor.get("/tables/parcel/choices?column=owner_id", status=403)
    page = editor.get("/tables/parcel/new?owner_id=1")
    assert "data-combobox-url" not in page
    assert "Ada" not in page

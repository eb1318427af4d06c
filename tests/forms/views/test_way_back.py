"""A form that was opened from elsewhere, as from a board, leads back to where it came from."""

from __future__ import annotations

import pytest

from tests.forms.views.conftest import form_of

BOARD = "/boards/night?wall=&a=b"
BACK = "_back=/boards/night%3Fwall%3D%26a%3Db"


def cancel_href(page):
    return page.html.find("a", string="Cancel")["href"]


def test_an_edit(editor, ada):
    page = editor.get(f"/tables/person/{ada}/edit?{BACK}")
    assert cancel_href(page) == BOARD
    form = form_of(page)
    form["code"] = "x" * 999
    refused = form.submit(status=422)
    assert cancel_href(refused) == BOARD
    form = form_of(refused)
    form["code"] = ""
    assert form.submit(status=303).location == f"http://localhost{BOARD}"


def test_a_new_record_and_another(editor):
    form = form_of(editor.get(f"/tables/person/new?name=Bob&{BACK}"))
    assert form["name"].value == "Bob"
    again = form.submit("_another", status=303).follow()
    assert cancel_href(again) == BOARD
    form = form_of(again)
    form["name"] = "Cyd"
    assert form.submit(status=303).location == f"http://localhost{BOARD}"


def test_a_delete_from_the_form(site, editor, ada):
    edit = editor.get(f"/tables/person/{ada}/edit?{BACK}")
    page = editor.get(edit.html.find("a", string="Delete")["href"])
    assert cancel_href(page) == BOARD
    assert form_of(page).submit(status=303).location == f"http://localhost{BOARD}"
    assert site.people() == []


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "javascript:x", "/\\e"])
def test_no_way_leads_to_another_site(editor, ada, back):
    page = editor.get(f"/tables/person/{ada}/edit", params={"_back": back})
    record = f"/tables/person/{ada}"
    assert cancel_href(page) == record
    assert form_of(page).submit(status=303).location == f"http://localhost{record}"

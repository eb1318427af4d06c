from __future__ import annotations

import sqlalchemy as sa

from tests.forms.models import Line, Parcel, Person
from tests.forms.views.conftest import form_of


def test_delete_after_asking(site, editor, ada):
    page = editor.get(f"/tables/person/{ada}/delete")
    assert "Ada" in page.html.main.text
    answer = form_of(page).submit(status=303)
    assert answer.location == "http://localhost/tables/person"
    assert site.people() == []


def test_what_is_in_use_is_not_deleted(site, editor, ada, parcel):
    page = editor.get(f"/tables/person/{ada}/delete")
    assert "Parcel (Owner): 1 record still refers to it" in " ".join(page.html.main.text.split())
    assert page.html.main.find("button", class_="danger") is None
    before = site.state()
    form_of(page).submit(status=409)
    assert site.state() == before


def test_what_goes_along_is_told(site, editor, ada, parcel):
    site.add(Line(depot="north", number=1, what="x"))
    form_of(editor.get("/tables/parcel/north,1/delete")).submit(status=303)
    assert site.all(sa.select(Line.id)) == site.all(sa.select(Parcel.number)) == []


def test_who_refers_to_himself_is_in_nobodys_way(site, editor, ada):
    site.execute(sa.update(Person).values(boss_id=ada))
    page = editor.get(f"/tables/person/{ada}/delete")
    assert "still refers" not in page
    form_of(page).submit(status=303)


def test_a_stale_delete(site, editor, ada):
    form = form_of(editor.get(f"/tables/person/{ada}/delete"))
    site.execute(sa.update(Person).values(notes="changed"))
    before = site.state()
    page = form.submit(status=409)
    assert site.state() == before
    assert "changed this record" in page
    form_of(page).submit(status=303)
    assert site.people() == []


def test_a_delete_that_names_no_version(site, editor, ada):
    form = form_of(editor.get(f"/tables/person/{ada}/delete"))
    editor.post(form.action, {"csrf_token": form["csrf_token"].value}, status=409)
    assert len(site.people()) == 1


def test_a_rule_of_the_table(site, editor):
    boss = site.add(Person(name="Boss"))
    page = form_of(editor.get(f"/tables/person/{boss}/delete")).submit(status=409)
    assert "The Boss has to stay." in page
    assert len(site.people()) == 1


def test_deleted_already(site, editor, ada):
    form = form_of(editor.get(f"/tables/person/{ada}/delete"))
    site.execute(sa.delete(Person))
    form.submit(status=404)
    editor.get(f"/tables/person/{ada}/delete", status=404)

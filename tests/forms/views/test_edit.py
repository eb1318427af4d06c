from __future__ import annotations

import json
import threading

import sqlalchemy as sa

from dashboard.models.log import ChangeRecord
from tests.forms.models import Parcel, Person
from tests.forms.views.conftest import form_of


def table_of(page):
    """Return the rows of the conflict's table: label to the texts of its three columns."""
    rows = {}
    for row in page.html.select(".conflict-table tbody tr"):
        was, theirs, mine = row.find_all("td")
        texts = (was.text, theirs.find(class_="value").text, mine.find(class_="value").text)
        rows[row.th.text] = (*texts, row["data-differs"])
    return rows


def test_an_edit(site, fill, ada):
    answer = fill(f"/tables/person/{ada}/edit", name="Ada L.", code="", status=303)
    assert answer.location == f"http://localhost/tables/person/{ada}"
    row = site.people()[0]
    assert (row["name"], row["code"], row["notes"], row["password"]) == (
        "Ada L.",
        None,
        "first",
        "hidden",
    )


def test_a_save_without_a_change_writes_nothing(site, fill, ada):
    before = site.state()
    fill(f"/tables/person/{ada}/edit", status=303)
    assert site.state() == before


def test_only_what_changed_is_written(site, fill, ada):
    fill(f"/tables/person/{ada}/edit", notes="second", status=303)
    log = site.all(sa.select(ChangeRecord.after, ChangeRecord.actor).order_by(ChangeRecord.seq))
    assert json.loads(log[-1]["after"])["notes"] == "second"
    assert log[-1]["actor"] == "editor"


def test_private_and_hidden_columns_are_never_shown(editor, ada):
    page = editor.get(f"/tables/person/{ada}/edit")
    assert "hidden" not in {each.get("value") for each in page.html.find_all("input")}
    assert "password" not in page.text.lower()
    assert "field-internal" not in page.text


def test_a_composite_key(site, fill, parcel):
    fill("/tables/parcel/north,1/edit", weight="2.125", fragile=True, status=303)
    row = site.one(sa.select(Parcel.__table__))
    assert (str(row["weight"]), row["fragile"]) == ("2.125", True)


def test_a_box_is_unticked(site, fill, parcel):
    site.execute(sa.update(Parcel).values(fragile=True))
    fill("/tables/parcel/north,1/edit", fragile=False, status=303)
    assert site.one(sa.select(Parcel.fragile))["fragile"] is False


def test_presence_is_asked_for_where_the_server_has_websockets(editor, ada):
    path = f"/tables/person/{ada}/edit"
    assert "data-presence" not in editor.get(path)
    page = editor.get(path, extra_environ={"dashboard.hub": object()})
    form = page.html.select_one("[data-presence]")
    assert (form["data-presence"], form["data-record"]) == ("/ws", f"/tables/person/{ada}")
    assert page.html.select_one("[data-company]").text == ""


def test_records_that_are_not_there(editor):
    for key in ("99", "x", "1,2", "%", "99999999999999999999"):
        editor.get(f"/tables/person/{key}/edit", status=404)


def test_an_invalid_edit_keeps_its_version(site, fill, ada):
    page = fill(f"/tables/person/{ada}/edit", name="x" * 41, notes="mine", status=422)
    form = form_of(page)
    assert form["notes"].value == "mine"
    form["name"] = "fine"
    form.submit(status=303)
    assert site.people()[0]["notes"] == "mine"


class TestConflict:
    def stale(self, site, editor, ada, **mine):
        """Open the form, let somebody else save, and send it."""
        form = form_of(editor.get(f"/tables/person/{ada}/edit"))
        other = form_of(site.signed_in("admin").get(f"/tables/person/{ada}/edit"))
        other["notes"] = "theirs"
        other.submit(status=303)
        for name, text in mine.items():
            form[name] = text
        before = site.state()
        page = form.submit(status=409)
        assert site.state() == before
        return page

    def test_mine_theirs_and_the_original(self, site, editor, ada):
        page = self.stale(site, editor, ada, notes="mine", code="b")
        assert table_of(page) == {
            "Notes": ("first", "theirs", "mine", "true"),
            "Code": ("a", "a", "b", "false"),
        }
        section = page.html.find(attrs={"data-conflict": ""})
        assert "admin saved it" in " ".join(section.text.split())
        assert {each["data-take"] for each in section.find_all("button")} == {"notes", "code"}

    def test_the_merged_form_can_be_saved(self, site, editor, ada):
        form = form_of(self.stale(site, editor, ada, code="b"))
        assert (form["notes"].value, form["code"].value) == ("theirs", "b")
        assert json.loads(form["_original"].value)["notes"] == "theirs"
        form.submit(status=303)
        row = site.people()[0]
        assert (row["notes"], row["code"]) == ("theirs", "b")

    def test_a_conflict_after_a_conflict(self, site, editor, ada):
        form = form_of(self.stale(site, editor, ada, notes="mine"))
        site.execute(sa.update(Person).values(notes="a third"))
        page = form.submit(status=409)
        assert table_of(page) == {"Notes": ("theirs", "a third", "mine", "true")}
        form_of(page).submit(status=303)
        assert site.people()[0]["notes"] == "mine"

    def test_what_is_not_in_the_form_counts_too(self, site, editor, ada):
        form = form_of(editor.get(f"/tables/person/{ada}/edit"))
        site.execute(sa.update(Person).values(created="changed"))
        page = form.submit(status=409)
        assert table_of(page) == {}

    def test_without_a_version_nothing_is_saved(self, site, editor, ada):
        form = form_of(editor.get(f"/tables/person/{ada}/edit"))
        fields = {**dict(form.submit_fields()), "notes": "mine"}
        before = site.state()
        for dropped in (["_version"], ["_version", "_original"]):
            sent = {name: text for name, text in fields.items() if name not in dropped}
            page = editor.post(f"/tables/person/{ada}/edit", sent, status=409)
            assert table_of(page)["Notes"][1:] == (
                "first",
                "mine",
                "true" if "_original" in dropped else "false",
            )
        assert site.state() == before

    def test_of_many_at_once_one_wins(self, site, ada):
        forms = []
        for _ in range(4):
            forms.append(form_of(site.signed_in("editor").get(f"/tables/person/{ada}/edit")))
        statuses = []

        def save(form, text):
            form["notes"] = text
            statuses.append(form.submit(status="*").status_int)

        threads = [
            threading.Thread(target=save, args=(form, f"by {number}"))
            for number, form in enumerate(forms)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [303, 409, 409, 409]

    def test_deleted_meanwhile(self, site, editor, parcel):
        form = form_of(editor.get("/tables/parcel/north,1/edit"))
        form["label"] = "mine"
        form["fragile"] = True
        site.execute(sa.delete(Parcel))
        page = form.submit(status=410)
        assert "deleted this record" in page.html.find(attrs={"data-errors": ""}).text
        form = form_of(page)
        assert form.action == "/tables/parcel/new"
        assert (form["depot"].value, form["number"].value) == ("north", "1")
        form.submit(status=303)
        row = site.one(sa.select(Parcel.__table__))
        assert (row["label"], row["fragile"]) == ("mine", True)

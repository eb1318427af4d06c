"""Every write that must not happen: the right status, and nothing changed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.forms.models import Parcel
from tests.forms.views.conftest import form_of

PATHS = (
    "/tables/parcel/new",
    "/tables/parcel/north,1/edit",
    "/tables/parcel/north,1/delete",
    "/tables/people/new",
)


def fields_of(browser, path):
    """Return what the form at ``path`` sends when it is filled in properly."""
    fields = dict(form_of(browser.get(path)).submit_fields())
    if path.endswith("/new") and "parcel" in path:
        fields |= {"depot": "south", "number": "2", "owner_id": "1"}
    if "/delete" not in path:
        fields["name" if "people" in path else "label"] = path.rpartition("/")[2]
    return fields


@pytest.fixture
def admin(site, parcel):
    return site.signed_in("admin")


def without_token(fields):
    return {name: text for name, text in fields.items() if name != "csrf_token"}


CASES = {
    "no token": (403, without_token, {}),
    "another's token": (403, lambda fields: fields | {"csrf_token": "0" * 32}, {}),
    "a token sent twice": (403, lambda fields: [*fields.items(), ("csrf_token", "x")], {}),
    "a foreign origin": (403, dict, {"Origin": "https://evil.example"}),
    "no origin that can be told": (403, dict, {"Origin": "null"}),
    "a foreign page": (403, dict, {"Referer": "http://localhost.evil.example/"}),
    "another site": (403, dict, {"Sec-Fetch-Site": "cross-site"}),
}


@pytest.mark.parametrize("case", CASES)
def test_forged(site, admin, case):
    status, change, headers = CASES[case]
    for path in PATHS:
        fields = fields_of(admin, path)
        before = site.state()
        admin.post(path, change(fields), headers=headers, status=status)
        assert site.state() == before, path


def test_all_of_these_would_be_taken_otherwise(site, admin):
    for path in PATHS:
        admin.post(path, fields_of(admin, path), status=303)
    assert site.one(sa.select(Parcel.depot, Parcel.label)) == {"depot": "south", "label": "new"}


@pytest.mark.parametrize("role", ["watcher", None])
def test_without_the_right(site, admin, role):
    browser = site.signed_in(role) if role else site.browser()
    token = browser.get("/sign-in" if role is None else "/").html.find(
        "input", {"name": "csrf_token"}
    )["value"]
    for path in PATHS:
        fields = fields_of(admin, path) | {"csrf_token": token}
        before = site.state()
        browser.post(path, fields, status=403)
        browser.get(path, status=403 if role else 303)
        assert site.state() == before, path


def test_an_editor_may_not_edit_people(site, editor):
    before = site.state()
    token = form_of(editor.get("/tables/person/new"))["csrf_token"].value
    fields = {"csrf_token": token, "name": "x", "role": "admin", "_version": ""}
    for path in ("/tables/people/new", "/tables/people/1/edit", "/tables/people/1/delete"):
        editor.post(path, fields, status=403)
        editor.get(path, status=403)
    assert site.state() == before


@pytest.mark.parametrize("name", ["id", "password", "internal", "created"])
def test_a_field_that_may_not_be_edited(site, editor, ada, name):
    for path in ("/tables/person/new", f"/tables/person/{ada}/edit"):
        fields = dict(form_of(editor.get(path)).submit_fields()) | {"name": "changed"}
        before = site.state()
        page = editor.post(path, fields | {name: "9"}, status=400)
        assert f"'{name}'" in page.html.main.text
        assert site.state() == before


@pytest.mark.parametrize("name", ["id", "password_hash", "session_epoch", "created_at"])
def test_of_a_person_too(site, admin, name):
    fields = dict(form_of(admin.get("/tables/people/2/edit")).submit_fields())
    before = site.state()
    admin.post("/tables/people/2/edit", fields | {name: "9", "role": "watcher"}, status=400)
    assert site.state() == before


def test_a_key_is_not_changed(site, editor, parcel):
    fields = dict(form_of(editor.get("/tables/parcel/north,1/edit")).submit_fields())
    for name, text in {"depot": "south", "number": "2"}.items():
        before = site.state()
        editor.post("/tables/parcel/north,1/edit", fields | {name: text}, status=400)
        assert site.state() == before


def test_a_stale_version(site, editor, parcel):
    paths = ("/tables/parcel/north,1/edit", "/tables/parcel/north,1/delete")
    sent = {path: fields_of(editor, path) for path in paths}
    site.execute(sa.update(Parcel).values(weight=2))
    before = site.state()
    for path, fields in sent.items():
        editor.post(path, fields, status=409)
        editor.post(path, fields | {"_version": "0" * 32}, status=409)
        assert site.state() == before, path


def test_a_file_is_no_text(site, editor):
    fields = dict(form_of(editor.get("/tables/person/new")).submit_fields())
    before = site.state()
    files = [("notes", "a.txt", b"content")]
    del fields["notes"]
    editor.post("/tables/person/new", fields, upload_files=files, status=400)
    assert site.state() == before


def test_another_method_is_not_taken(site, editor, parcel):
    token = form_of(editor.get("/tables/person/new"))["csrf_token"].value
    before = site.state()
    for path in PATHS:
        for method in ("PUT", "DELETE", "PATCH"):
            headers = {"X-CSRF-Token": token}
            editor.request(path, method=method, headers=headers, status=(403, 404, 405))
    assert site.state() == before


def test_what_a_get_asks_for_is_not_done(site, editor, parcel):
    before = site.state()
    for path in PATHS[:3]:
        editor.get(path, fields_of(editor, path), status=200)
    assert site.state() == before


def test_the_only_admin_stays(site, admin):
    before = site.state()
    form = form_of(admin.get("/tables/people/3/edit"))
    form["role"] = "watcher"
    assert "only admin" in form.submit(status=422)
    assert "only admin" in form_of(admin.get("/tables/people/3/delete")).submit(status=409)
    assert site.state() == before


def test_a_person_needs_a_name(site, admin):
    token = form_of(admin.get("/tables/people/new"))["csrf_token"].value
    before = site.state()
    for fields in ({}, {"name": ""}, {"name": "x\u202ey"}):
        admin.post("/tables/people/new", {"csrf_token": token, **fields}, status=422)
    assert site.state() == before

"""Boards and panels are edited by the ordinary pages, which say what is wrong at its field."""

from __future__ import annotations

import re

import pytest

from dashboard.models.boards import Board, Panel
from tests.views.conftest import token_of


@pytest.fixture
def editor(site):
    site.add_user("ed", "editor")
    return site.signed_in("ed")


def add(browser, table, status, **fields):
    return browser.post(
        f"/tables/{table}/new", {"csrf_token": token_of(browser), **fields}, status=status
    )


def errors(page):
    """Return the sentences of a refused form by the field that they're at."""
    found = re.findall(r'id="field-(\w+)-error" class="field-error">([^<]+)<', page.text)
    return {name: text.strip() for name, text in found}


def test_a_board(site, editor):
    refused = errors(add(editor, "boards", 422, title=" ", slug="Day Shift", seconds="1"))
    assert refused["slug"].startswith("Small letters, digits")
    assert refused["title"] == "A title is needed."
    assert refused["seconds"] == "This must be a whole number from 5 to 86,400."
    add(editor, "boards", 303, title="B", slug="day-shift", seconds="30", position="0")
    assert errors(
        add(editor, "boards", 422, title="C", slug="day-shift", seconds="30", position="0")
    )
    assert editor.get("/boards/day-shift").status_int == 200
    assert site.count(Board) == 1


def test_a_panel(site, editor):
    add(editor, "boards", 303, title="B", slug="b", seconds="30", position="0")
    good = {
        **{"board_id": "1", "title": "P", "kind": "chart", "chart": "bar", "bad": "high"},
        **{"table_name": "boards", "query": "_by=slug", "row": "1", "place": "1", "width": "6"},
    }
    wrong = {"query": "_by=colour", "width": "13"}
    refused = errors(add(editor, "panels", 422, **{**good, **wrong}))
    assert "boards has no column 'colour'. It has id, title, slug" in refused["query"]
    assert refused["width"] == "This must be a whole number from 1 to 12."
    # What an editor may not see isn't there, nor are its columns told.
    hidden = errors(add(editor, "panels", 422, **{**good, "table_name": "people"}))
    assert hidden["table_name"].startswith("There is no table 'people'. There are boards, panels")
    add(editor, "panels", 303, **good)
    assert site.count(Panel) == 1
    assert "P" in editor.get("/boards/b").text
    form = editor.get("/tables/panels/new?board_id=1&row=3").text
    assert 'value="3"' in form


def test_links_are_not_made_or_changed_by_the_ordinary_pages(site, editor):
    site.add_user("ada", "admin")
    for table in ("share_links", "saved_views"):
        add(site.signed_in("ada"), table, 403, name="x")
    editor.get("/tables/saved_views", status=403)

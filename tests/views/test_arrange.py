"""Arranging a board: all of it at once, and never over somebody else's arrangement."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from dashboard.models.boards import Board, Panel
from tests.views.conftest import token_of

ADDRESS = "/boards/b/arrange"


@pytest.fixture
def ids(site):
    site.add_user("ed", "editor")
    with site.factory.begin() as session:
        board = Board(slug="b", title="B")
        board.panels = [Panel(title="P", table_name="people", row=n) for n in (1, 2)]
        session.add(board)
        session.flush()
        return [panel.id for panel in board.panels]


@pytest.fixture
def editor(site, ids):
    return site.signed_in("ed")


def version(browser):
    return re.search(r'data-target="version">\s*(\w+)', browser.get("/boards/b").text)[1]


def sent(version, *places):
    names = ("id", "row", "place", "width")
    panels = [dict(zip(names, each, strict=True)) for each in places]
    return {"version": version, "panels": panels}


def arrange(browser, body, status=200, **headers):
    headers = {"X-CSRF-Token": token_of(browser), **headers}
    return browser.post_json(ADDRESS, body, headers=headers, status=status)


def test_it_stores_where_all_panels_are(site, editor, ids):
    one, two = ids
    before = version(editor)
    answer = arrange(editor, sent(before, (one, 1, 2, 4), (two, 1, 1, 8)))
    assert answer.json == {"version": version(editor)}
    assert answer.json["version"] != before
    with site.factory() as session:
        panel = session.get(Panel, one)
        assert (panel.row, panel.place, panel.width) == (1, 2, 4)
    # Without a change the version stays.
    again = arrange(editor, sent(version(editor), (one, 1, 2, 4), (two, 1, 1, 8)))
    assert again.json == answer.json


def test_a_conflict_stores_nothing(site, editor, ids):
    one, two = ids
    old = version(editor)
    arrange(editor, sent(old, (one, 3, 1, 6), (two, 2, 1, 6)))
    answer = arrange(editor, sent(old, (one, 9, 1, 6), (two, 9, 2, 6)), status=409)
    assert "Somebody else has changed the panels" in answer.json["error"]["text"]
    assert answer.json["error"]["version"] == version(editor)
    missing = sent(version(editor), (one, 1, 1, 6))
    assert arrange(editor, missing, status=409).json["error"]["status"] == 409
    assert site.scalar(sa.select(Panel.row).where(Panel.id == one)) == 3


def test_what_is_no_arrangement_is_refused(editor, ids):
    one, two = ids
    present = version(editor)
    for body in (
        None,
        [],
        {"version": 7, "panels": []},
        {"version": present, "panels": [7]},
        sent(present, (one, 1, 1, 13), (two, 1, 1, 6)),
        sent(present, (one, 0, 1, 6), (two, 1, 1, 6)),
        sent(present, (one, 1, 1, 6), (one, 1, 1, 6)),
        sent(present, (one, True, 1, 6), (two, 1, 1, 6)),
        sent(present, (str(one), 1, 1, 6), (two, 1, 1, 6)),
        sent(present, (one, 1.5, 1, 6), (two, 1, 1, 6)),
    ):
        assert arrange(editor, body, status=422).json["error"]["text"]
    bad = {"X-CSRF-Token": token_of(editor), "Content-Type": "application/json"}
    assert editor.post(ADDRESS, "{", headers=bad, status=422)


def test_only_editors_arrange(site, editor, ids):
    site.add_user("wim", "watcher")
    body = sent("x")
    assert arrange(site.signed_in("wim"), body, status=403)
    assert site.browser().post_json(ADDRESS, body, status=401)
    assert editor.post_json(ADDRESS, body, status=403)  # without the token
    assert arrange(editor, body, status=403, Origin="https://evil.example")
    other = {"X-CSRF-Token": token_of(editor)}
    assert editor.post_json("/boards/none/arrange", body, headers=other, status=404)

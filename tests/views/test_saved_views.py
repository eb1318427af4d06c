"""Saved views: one's own stay one's own, everyone's are for editors to change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from dashboard.models.boards import SavedView
from tests.views.conftest import token_of


@pytest.fixture
def people(site):
    for name, role in (("ed", "editor"), ("wim", "watcher"), ("ada", "admin")):
        site.add_user(name, role)
    return {name: site.signed_in(name) for name in ("ed", "wim", "ada")}


def save(browser, name, status=303, table="boards", **fields):
    form = {"csrf_token": token_of(browser), "name": name, "query": "slug=a&_size=5", **fields}
    return browser.post(f"/tables/{table}/views", form, status=status)


def change(browser, id_, status=303, **fields):
    form = {"csrf_token": token_of(browser), **fields}
    return browser.post(f"/views/{id_}", form, status=status)


def only_id(site):
    return site.scalar(sa.select(SavedView.id))


def test_mine_is_mine(site, people):
    answer = save(people["wim"], "Mine <b>")
    assert answer.location.endswith("/tables/boards?slug=a&_size=5")
    for path in ("/views", "/tables/boards"):
        assert "Mine &lt;b&gt;" in people["wim"].get(path).text
        assert "Mine" not in people["ed"].get(path).text
    assert "Mine &lt;b" not in people["ed"].get("/").text
    id_ = only_id(site)
    for name in ("ed", "ada"):
        people[name].get(f"/views/{id_}", status=404)
        change(people[name], id_, 404, name="Taken")
    change(people["wim"], id_, name="Renamed")
    assert "Renamed" in people["wim"].get("/views").text
    change(people["wim"], id_, delete="1")
    assert site.count(SavedView) == 0


def test_everyones_is_for_editors_to_change(site, people):
    save(people["wim"], "No", 403, shared="true")
    save(people["ed"], "Ours", shared="true")
    for browser in (people["wim"], people["ada"]):
        assert "Ours" in browser.get("/").text
        assert "Ours" in browser.get("/tables/boards").text
    id_ = only_id(site)
    change(people["wim"], id_, 403, name="Taken")
    change(people["ada"], id_, name="Theirs now")
    assert site.scalar(sa.select(SavedView.owner_id)) == site.scalar(
        sa.text("SELECT id FROM dashboard_user WHERE name = 'ada'")
    )


def test_what_can_not_be_saved(site, people):
    for name in ("", " ", "x" * 101, "a\x07b"):
        save(people["wim"], name, 400)
    save(people["wim"], "Bad", 400, query="colour=red")
    save(people["wim"], "Hidden", 403, table="people")
    save(people["wim"], "None", 404, table="nothing")
    people["wim"].post("/tables/boards/views", {"name": "Forged"}, status=403)
    site.browser().post("/tables/boards/views", {"name": "Nobody"}, status=403)
    assert site.count(SavedView) == 0
    people["wim"].get("/views/999", status=404)
    people["wim"].get("/views/x", status=404)

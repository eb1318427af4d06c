"""References of several columns: links, lists and sentences, declared and found."""

from __future__ import annotations

from tests.catalog.reflection.browsing import Browsing, form_of
from tests.support.page import read
from tests.views.records.reading import cells, facts, headings, related

MATCH = "/tables/match/de,1,5"


def test_a_record_leads_to_what_it_names(site: Browsing) -> None:
    found = facts(site, "/tables/match/fr,1,9")
    assert found["Country"] == ("fr", None) and found["Number"] == ("1", None)
    assert found["Country, Number"] == ("Un", "/tables/club/fr,1")
    assert found["Away country, Away number"] == ("Eins", "/tables/club/de,1")
    assert found["First country, First number, First day"] == ("de 1 5", MATCH)
    # What has no name is called by its key, and half a key names nothing.
    found = facts(site, "/tables/match/de,2,1")
    assert found["Country, Number"][1] == "/tables/club/de,2"
    assert found["Away country"] == ("de", None)
    assert found["Away country, Away number"] == ("—", None)


def test_a_record_lists_who_names_it(site: Browsing) -> None:
    found = related(site, "/tables/club/de,1")
    assert [href for _, href in found["Match: Country, Number 1"]] == [MATCH]
    assert [href for _, href in found["Match: Away country, Away number 1"]] == [
        "/tables/match/fr,1,9"
    ]
    assert related(site, "/tables/club/de,2")["Match: Away country, Away number 0"] == []
    whole = headings(site, "/tables/club/de,1")["Match: Away country, Away number 1"]
    assert list(read(site.get(str(whole)).text).view.rows) == ["fr,1,9"]
    assert related(site, MATCH)["Match: First country, First number, First day 1"]


def test_cells_lead_to_what_they_name_together(site: Browsing) -> None:
    found = cells(site, "/tables/match", "fr,1,9")
    assert found["number"] == "/tables/club/fr,1"
    assert found["away_country"] == found["away_number"] == "/tables/club/de,1"
    assert found["first_day"] == MATCH
    assert found["day"] is None
    found = cells(site, "/tables/match", "de,2,1")
    assert found["away_country"] is found["first_day"] is None


def test_a_page_follows_what_is_named_and_who_names(site: Browsing) -> None:
    match, club, table = (
        site.get(path)
        for path in (MATCH, "/tables/club/fr,1", "/tables/match?_col=day&_col=away_country")
    )
    form = form_of(site.get("/tables/club/fr,1/edit"), "_version")
    form["name"] = "Une"
    form.submit(status=303)
    assert "Une" in site.patch(match)
    form = form_of(site.get(f"{MATCH}/edit"), "_version")
    form["away_country"], form["away_number"] = "de", "2"
    form.submit(status=303)
    assert "/tables/club/de,2" in site.patch(table)
    assert '"target":"related"' in site.patch(club)


def test_a_save_that_names_nothing_says_so_at_a_field(site: Browsing) -> None:
    form = form_of(site.get(f"{MATCH}/edit"), "_version")
    form["away_country"] = "it"
    page = form.submit(status=422)
    error = page.html.find(id="field-away_country-error")
    assert error.text.strip() == "There is no such Away country and Away number."
    form = form_of(site.get("/tables/match/new"), "_version")
    form["country"], form["number"], form["day"] = "it", "1", "1"
    page = form.submit(status=422)
    error = page.html.find(id="field-country-error")
    assert error.text.strip() == "There is no such Country and Number."


def test_who_is_named_is_not_deleted(site: Browsing) -> None:
    page = site.get("/tables/club/fr,1/delete")
    assert "1 record still refers to it" in page.text
    assert "Match (Away country, Away number)" in page.text
    form_of(page, "_version").submit(status=409)
    site.get("/tables/club/fr,1")

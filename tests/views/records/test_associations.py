"""Many to many: each record lists those that it is linked to, declared and found."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, UniqueConstraint

from dashboard.catalog import Catalog, VisibleCatalog
from tests.catalog.reflection.browsing import Browsing, form_of
from tests.support import league
from tests.support.page import read
from tests.views.records.reading import headings, related


def lists(site: Browsing, path: str) -> dict[str, list[tuple[str, str | None]]]:
    found = related(site, path)
    return {name: rows for name, rows in found.items() if not name.startswith("Match")}


def test_both_ends_list_each_other(site: Browsing) -> None:
    assert lists(site, "/tables/club/de,1") == {
        "Sponsor 2": [("The Bank", "/tables/sponsor/bank"), ("A Beer", "/tables/sponsor/beer")]
    }
    assert lists(site, "/tables/club/fr,1") == {"Sponsor 0": []}
    found = lists(site, "/tables/sponsor/beer")
    assert found["Club 1"] == [("Eins", "/tables/club/de,1")]
    # What is linked to others of its own kind has a list for each direction.
    assert found["Sponsor: Rival, Fights 1"] == [("The Bank", "/tables/sponsor/bank")]
    assert found["Sponsor: Rival, Sponsor 0"] == []
    found = lists(site, "/tables/sponsor/bank")
    assert found["Sponsor: Rival, Sponsor 1"] == [("A Beer", "/tables/sponsor/beer")]


def test_the_heading_leads_to_the_links_where_they_have_a_page(site: Browsing) -> None:
    href = headings(site, "/tables/club/de,1")["Sponsor 2"]
    if "club_sponsor" not in site.catalog:
        assert href is None
        return
    assert list(read(site.get(str(href)).text).view.rows) == ["de,1,bank", "de,1,beer"]


def test_a_page_follows_links_and_what_they_lead_to(site: Browsing) -> None:
    club, sponsor = site.get("/tables/club/fr,1"), site.get("/tables/sponsor/bank")
    link = site.catalog.captured_tables()["club_sponsor"]
    values = dict(zip(link.columns, ("fr", 1, "bank"), strict=True))
    with site.registry["dashboard.dbsession_factory"].begin() as session:
        session.execute(sa.insert(link).values(values))
    assert "/tables/sponsor/bank" in site.patch(club)
    assert "/tables/club/fr,1" in site.patch(sponsor)
    page = site.get("/tables/club/fr,1")
    form = form_of(site.get("/tables/sponsor/bank/edit"), "_version")
    form["name"] = "The Better Bank"
    form.submit(status=303)
    assert "The Better Bank" in site.patch(page)


def test_who_may_not_see_the_links_does_not_see_the_lists() -> None:
    catalog = Catalog()
    for model in league.MODELS:
        catalog.add(model)
    whole = VisibleCatalog(catalog, lambda table: True)
    assert [each.far.table for each in whole.associations_of(catalog["club"])] == ["sponsor"]
    narrow = VisibleCatalog(catalog, lambda table: table.name != "sponsor")
    assert narrow.associations_of(catalog["club"]) == []
    catalog.add_table(league.club_sponsor, None, name="club_sponsor")
    links = VisibleCatalog(catalog, lambda table: table.name != "club_sponsor")
    assert links.associations_of(catalog["club"]) == []


def test_what_is_no_mere_link() -> None:
    catalog, metadata = Catalog(), MetaData()
    end = Table("end", metadata, Column("id", Integer, primary_key=True))
    catalog.add_table(end, None, name="end")

    def is_link(*more: object, key: bool = True) -> bool:
        name = f"link{len(metadata.tables)}"
        ends = [Column(each, ForeignKey("end.id"), primary_key=key) for each in ("a", "b")]
        catalog.add_table(Table(name, metadata, *ends, *more), None, name=name)  # type: ignore[arg-type]
        return any(each.link.name == name for each in catalog.associations)

    def own() -> Column[int]:
        return Column("id", Integer, primary_key=True)

    assert is_link()
    assert is_link(own(), UniqueConstraint("a", "b"), key=False)
    assert not is_link(own(), key=False)
    assert not is_link(key=False)
    assert not is_link(Column("place", Integer))
    assert not is_link(Column("c", ForeignKey("end.id"), primary_key=True))

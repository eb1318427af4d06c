"""Pages and forms of classes in joined tables: a record is shown and edited whole."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.models.engine import make_engine
from tests.catalog.reflection.browsing import Browsing, form_of
from tests.support import staff
from tests.support.databases import count_on
from tests.support.page import read
from tests.views.records.reading import facts, target


@pytest.fixture
def site(database: str, browse: Any) -> Browsing:
    engine = make_engine(database)
    staff.Base.metadata.create_all(engine)
    with Session(engine) as session:
        staff.fill(session)
        session.flush()
        count_on(session, sa.MetaData())
        if engine.dialect.name == "postgresql":
            session.execute(sa.text("SELECT setval('person_id_seq', 3)"))
        session.commit()
    engine.dispose()
    site: Browsing = browse(models="tests.support.staff", reflect="")
    return site


def rows(site: Browsing, query: str) -> list[dict[str, str]]:
    return read(site.get(f"/tables/{query}").text).view.texts()


def stored(site: Browsing, table: str, key: int) -> dict[str, Any]:
    sql = staff.Base.metadata.tables[table]
    with site.registry["dashboard.dbsession_factory"]() as session:
        statement = sa.select(sql).where(sql.primary_key.columns[0] == key)
        return dict(session.execute(statement).mappings().one())


def test_a_table_shows_what_the_parent_has(site: Browsing) -> None:
    found = rows(site, "engineer")
    assert found[0] == {
        "id": "Eve", "id.type": "Engineer", "id.name": "Eve", "id.boss_id": "1",
        "language": "C", "years": "—",
    }  # fmt: skip
    page = site.get("/tables/engineer")
    headings = [each.text for each in page.html.find_all("th")]
    assert headings[:4] == ["Id", "Type", "Name", "Boss"]
    assert [row["id.name"] for row in rows(site, "engineer?_sort_desc=id.name")] == ["Lea", "Eve"]
    assert [row["language"] for row in rows(site, "engineer?id.name=Lea")] == ["Ada"]
    assert [row["language"] for row in rows(site, "engineer?_search=lea")] == ["Ada"]
    # The table of one level further is a step away.
    assert rows(site, "lead")[0]["number.language"] == "Ada"


def test_a_record_is_shown_whole(site: Browsing) -> None:
    found = facts(site, "/tables/lead/3")
    assert list(found) == ["Number", "Language", "Years", "Type", "Name", "Boss", "Project"]
    assert found["Name"] == ("Lea", None) and found["Language"] == ("Ada", None)
    assert found["Number"][1] == "/tables/engineer/3"
    assert facts(site, "/tables/engineer/2")["Boss"] == ("Max", "/tables/person/1")
    assert "".join(map(str, target(site, "/tables/engineer/2", "title").children)) == "Eve"


def test_one_form_edits_all_tables(site: Browsing) -> None:
    page = site.get("/tables/lead/3")
    form = form_of(site.get("/tables/lead/3/edit"), "_version")
    assert "type" not in form.fields and "rank" not in form.fields
    form["name"], form["language"], form["project"] = "Leah", "C", "Mars"
    form.submit(status=303)
    assert stored(site, "person", 3)["name"] == "Leah"
    assert stored(site, "engineer", 3)["language"] == "C"
    assert stored(site, "lead", 3)["project"] == "Mars"
    assert "Leah" in site.patch(page)
    history = target(site, "/tables/lead/3", "history").text
    assert "Lea → Leah" in history and "Moon → Mars" in history


def test_a_new_record_is_made_in_all_tables(site: Browsing) -> None:
    form = form_of(site.get("/tables/engineer/new"), "_version")
    assert "type" not in form.fields
    form["name"], form["language"] = "Ann", "D"
    form.submit(status=303)
    assert stored(site, "person", 4)["type"] == "engineer"
    form_of(site.get("/tables/engineer/4/delete"), "_version").submit(status=303)
    site.get("/tables/person/4", 404)


def test_one_version_of_all_tables(site: Browsing) -> None:
    mine = form_of(site.get("/tables/engineer/2/edit"), "_version")
    theirs = form_of(site.get("/tables/person/2/edit"), "_version")
    theirs["name"] = "Eva"
    theirs.submit(status=303)
    mine["name"] = "Evelyn"
    page = mine.submit(status=409)
    assert "Eva" in page.text and "ada" in page.text
    assert stored(site, "person", 2)["name"] == "Eva"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Max", "Another record has this Name already."),
        ("Nobody", "Somebody has a name."),
    ],
)
def test_what_the_parent_refuses_is_said(site: Browsing, name: str, text: str) -> None:
    form = form_of(site.get("/tables/engineer/2/edit"), "_version")
    form["name"], form["language"] = name, "D"
    assert text in form.submit(status=422).text
    assert stored(site, "engineer", 2)["language"] == "C"


def test_a_reference_that_is_inherited_is_searched(site: Browsing) -> None:
    page = site.get("/tables/engineer/2/edit")
    assert 'data-combobox-label="Max"' in page.text
    assert "Lea" in site.get("/tables/engineer/choices?column=boss_id&q=le").text
    form = form_of(page, "_version")
    form["boss_id"] = "99"
    assert "There is no such Boss." in form.submit(status=422).text

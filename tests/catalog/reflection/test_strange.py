"""What was found to be strange in databases, each in a table of its own: pages and forms of it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.catalog.reflection.browsing import Browsing, form_of
from tests.support.databases import Databases
from tests.support.services import address_of

SQLITE = """
CREATE TABLE broken (id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO broken SELECT 1, CAST(x'61ff' AS TEXT);
INSERT INTO broken VALUES (2, 'a'), (3, 'b'), (4, NULL), (5, x'00');
INSERT INTO broken SELECT 6, CAST(x'ff' AS TEXT);
CREATE TABLE broken_keys (k TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO broken_keys SELECT CAST(x'ff' AS TEXT);
INSERT INTO broken_keys VALUES ('a'), ('b');
CREATE VIEW failing AS SELECT json_extract(t, '$.a') AS x FROM broken;
CREATE TABLE failing_too (t TEXT);
INSERT INTO failing_too VALUES ('x');
ALTER TABLE failing_too ADD COLUMN x AS (json_extract(t, '$.a'));
CREATE TABLE downwards (id INTEGER PRIMARY KEY DESC, v);
INSERT INTO downwards VALUES (NULL, 1), (NULL, 2), (5, 3);
CREATE TABLE truths (k BOOLEAN PRIMARY KEY, v TEXT) WITHOUT ROWID;
INSERT INTO truths VALUES (1, 'a'), ('t', 'b'), (x'74', 'c'), ('true', 'd'), (0, 'e');
CREATE TABLE anything (k ANY PRIMARY KEY, v TEXT) STRICT, WITHOUT ROWID;
INSERT INTO anything VALUES (1, 'a'), ('1', 'b'), (x'31', 'c'), (1.5, 'd'), ('1.5', 'e');
CREATE TABLE large (k NUMERIC PRIMARY KEY, v TEXT) WITHOUT ROWID;
INSERT INTO large VALUES (9007199254740993, 'a'), (9223372036854775807, 'b');
CREATE TABLE infinite (id INTEGER PRIMARY KEY, n NUMERIC, d DATE, s STRING, i INT);
INSERT INTO infinite VALUES (1, 9e999, 9e999, 9e999, 9e999), (2, 'inf', 'inf', 'inf', 'inf'),
    (3, -9e999, 0, 'Infinity', 1), (4, 1, '0000-01-01', 1, x'31');
CREATE TABLE mixed (id INTEGER PRIMARY KEY, "%25" DATE, s STRING REFERENCES mixed (s));
INSERT INTO mixed VALUES (1, '12:00', 1.5), (2, 'now', CAST(x'ff' AS TEXT)), (3, 2451545, NULL),
    (4, '2013-07-22 17:45', 'a'), (5, '2013-02-31', 'b'), (6, '0000-01-01', 'c'), (7, NULL, x'00');
CREATE TABLE exact (id INTEGER PRIMARY KEY, a ANY) STRICT;
INSERT INTO exact VALUES (1, 5), (2, '5'), (3, 5.5), (4, x'35');
CREATE TABLE people (id INTEGER PRIMARY KEY);
CREATE TABLE "main.people" (id INTEGER PRIMARY KEY);
CREATE TABLE k (id INTEGER PRIMARY KEY);
CREATE TABLE "\u212a" (id INTEGER PRIMARY KEY);
CREATE TABLE refers (id INTEGER PRIMARY KEY, r REFERENCES K, s REFERENCES "\u212a", t REFERENCES g);
CREATE TABLE ignored (id INTEGER PRIMARY KEY, v TEXT UNIQUE ON CONFLICT IGNORE);
INSERT INTO ignored VALUES (1, 'a'), (2, 'b');
CREATE TABLE rolled_back (id INTEGER PRIMARY KEY, w TEXT UNIQUE ON CONFLICT ROLLBACK);
INSERT INTO rolled_back VALUES (1, 'a'), (2, 'b');
"""

POSTGRESQL = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
CREATE DOMAIN moods AS mood;
CREATE TABLE felt (k moods PRIMARY KEY, v moods);
INSERT INTO felt VALUES ('sad', 'sad'), ('ok', 'ok'), ('glad', NULL);
CREATE TABLE numbers (id serial PRIMARY KEY, n numeric);
INSERT INTO numbers (n) VALUES (1e30), (1234567890123456789012345678901.5), ('NaN'), ('-Infinity');
CREATE TABLE a (k mood, c char(3), PRIMARY KEY (k, c));
CREATE TABLE b (k mood, c char(3), n int, PRIMARY KEY (k, c, n),
    FOREIGN KEY (k, c) REFERENCES a ON DELETE CASCADE);
CREATE TABLE d (id int PRIMARY KEY, k mood, c char(3), n int,
    FOREIGN KEY (k, c, n) REFERENCES b ON DELETE CASCADE);
INSERT INTO a VALUES ('sad', 'x');
INSERT INTO b VALUES ('sad', 'x', 1), ('sad', 'x', 2), ('sad', 'x', 3);
INSERT INTO d VALUES (1, 'sad', 'x', 1), (2, 'sad', 'x', 2);
CREATE TABLE nameless (k mood, c char(3), p point, j json,
    FOREIGN KEY (k, c) REFERENCES a ON DELETE CASCADE);
INSERT INTO nameless VALUES ('sad', 'x', '(1,2)', '{"a":  1}'), ('sad', 'x', NULL, NULL);
CREATE TABLE unnamed (k inet PRIMARY KEY, v text);
CREATE TABLE kept (id int PRIMARY KEY, v text);
INSERT INTO kept VALUES (1, 'a');
CREATE RULE kept_on_delete AS ON DELETE TO kept DO INSTEAD NOTHING;
CREATE FUNCTION fail() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE 'No.'; END $$;
CREATE VIEW failing AS SELECT fail() AS x;
CREATE MATERIALIZED VIEW empty AS SELECT 1 WITH NO DATA;
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'nobody');
CREATE FOREIGN TABLE away (id int) SERVER far;
CREATE TABLE late (id int PRIMARY KEY, v text, w int UNIQUE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO late VALUES (1, 'a', 1), (2, 'b', 2);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'Too late.'; END $$;
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE folded (k text COLLATE loose PRIMARY KEY, v varchar(9) COLLATE loose,
    c char(3) COLLATE loose);
INSERT INTO folded VALUES ('Abc', 'aBC', 'abC'), ('x', 'x', 'x');
CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE OF v OR DELETE ON late DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsing]:
    path = tmp_path_factory.mktemp("strange") / "strange.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SQLITE)
    connection.close()
    browsing = Browsing(f"sqlite:///{path}")
    yield browsing
    browsing.close()
    assert not browsing.problems


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsing]:
    databases = Databases(tmp_path_factory.mktemp("none"), address_of("postgresql"))
    url = databases.make()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(POSTGRESQL)
    browsing = Browsing(url, reflect="*\nempty")
    yield browsing
    browsing.close()
    databases.close()
    assert not browsing.problems


def edited(browsing: Browsing, href: str, status: int, **values: str) -> str:
    """Return the page that comes of an edit."""
    form = form_of(browsing.get(f"{href}/edit"), "_version")
    for name, value in values.items():
        form[name].force_value(value)
    answer = form.submit(expect_errors=True)
    assert answer.status_int == status, answer.text
    return str(answer.follow().text if status == 303 else answer.text)


@pytest.mark.parametrize(
    "name", ["broken", "downwards", "infinite", "broken_keys", "mixed", "exact"]
)
def test_every_row_is_on_some_page(lite: Browsing, name: str) -> None:
    lite.table(lite.catalog[name])


@pytest.mark.parametrize(
    ("name", "count"),
    [("truths", 5), ("anything", 5), ("large", 2), ("broken", 6), ("broken_keys", 2)],
)
def test_every_key_leads_to_its_own_record(lite: Browsing, name: str, count: int) -> None:
    table = lite.catalog[name]
    hrefs = lite.records(table)
    assert len(hrefs) == count
    if table.column("v") is not None:
        for place, href in enumerate(hrefs):
            assert f">new {place}<" in edited(lite, href, 303, v=f"new {place}")
        for place, href in enumerate(hrefs):
            page = lite.get(href).text
            assert f">new {place}<" in page and "Changed" in page
    for href in hrefs:
        lite.follow(lite.get(href))


def test_a_text_that_is_not_utf_8_is_shown(lite: Browsing) -> None:
    assert ">a\N{REPLACEMENT CHARACTER}<" in lite.get("/tables/broken").text


@pytest.mark.parametrize("name", ["failing", "failing_too"])
def test_what_fails_says_why(lite: Browsing, name: str) -> None:
    assert "can't answer this: malformed JSON." in lite.get(f"/tables/{name}", 400).text


def test_a_view_of_postgresql_that_fails_says_why(postgresql: Browsing) -> None:
    assert "can't answer this: No." in postgresql.get("/tables/failing", 400).text


def test_a_view_that_was_never_filled_says_so(postgresql: Browsing) -> None:
    # It isn't among all that can be read, so the fixture names it.
    assert "has not been populated" in postgresql.get("/tables/empty", 400).text


def test_another_server_that_is_away_is_not_ours(postgresql: Browsing) -> None:
    assert "could not connect to server" in postgresql.get("/tables/away", 400).text


def test_what_is_checked_at_the_commit_refuses_before(postgresql: Browsing) -> None:
    assert "Too late." in edited(postgresql, "/tables/late/1", 422, v="x")
    assert "has this W already" in edited(postgresql, "/tables/late/1", 422, w="2")
    form = form_of(postgresql.get("/tables/late/1/delete"), "_version")
    assert "Too late." in form.submit(status=409).text
    edited(postgresql, "/tables/late/1", 303, w="3")


def test_names_are_those_of_sqlite(lite: Browsing) -> None:
    names = {each.name for each in lite.tables}
    assert {"main.people", "main.main.people", "k", "\u212a"} <= names
    refers = lite.catalog["refers"]
    references = {each.name: each.reference and each.reference.table for each in refers.columns}
    assert references == {"id": None, "r": "k", "s": "\u212a", "t": None}


def test_what_is_left_out_was_not_added(lite: Browsing) -> None:
    form = form_of(lite.get("/tables/ignored/new"), "_version")
    form["v"] = "a"
    assert "left everything as it was" in form.submit(status=422).text
    assert "left everything as it was" in edited(lite, "/tables/ignored/2", 422, v="a")


def test_all_may_be_rolled_back(lite: Browsing) -> None:
    assert "has this W already" in edited(lite, "/tables/rolled_back/1", 422, w="b")
    assert ">c<" in edited(lite, "/tables/rolled_back/1", 303, w="c")


def test_domains_of_enums_are_compared(postgresql: Browsing) -> None:
    table = postgresql.catalog["felt"]
    postgresql.table(table)
    assert len(postgresql.records(table)) == 3
    assert ">sad<" in edited(postgresql, "/tables/felt/ok", 303, v="sad").lower()


def test_groups_of_long_numbers_lead_to_their_rows(postgresql: Browsing) -> None:
    postgresql.table(postgresql.catalog["numbers"])


def test_what_goes_along_is_found_by_keys_of_any_types(postgresql: Browsing) -> None:
    (href,) = postgresql.records(postgresql.catalog["a"])
    form_of(postgresql.get(f"{href}/delete"), "_version").submit(status=303)
    with postgresql.registry["dashboard.dbsession_factory"]() as session:
        query = (
            "SELECT table_name, op FROM dashboard_change_log WHERE table_name IN ('a', 'b', 'd')"
        )
        found = [tuple(row) for row in session.connection().exec_driver_sql(query)]
    assert sorted(found) == [(name, "delete") for name in "abbbdd"]


def test_a_key_that_cannot_be_given_is_asked_for(postgresql: Browsing) -> None:
    form = form_of(postgresql.get("/tables/unnamed/new"), "_version")
    assert "A record needs a K" in form.submit(status=422).text


def test_a_rule_may_keep_a_record(postgresql: Browsing) -> None:
    form_of(postgresql.get("/tables/kept/1/delete"), "_version").submit(status=303)
    postgresql.get("/tables/kept/1")


def test_a_part_is_found_in_texts_of_which_different_ones_are_the_same(
    postgresql: Browsing,
) -> None:
    postgresql.table(postgresql.catalog["folded"])
    for query in ("_search=bc", "k__contains=BC", "v__startswith=ab", "c__endswith=C"):
        assert ">Abc<" in postgresql.get(f"/tables/folded?{query}").text
        assert ">Abc<" not in postgresql.get(f"/tables/folded?{query}x").text
    assert ">Abc<" in postgresql.get("/tables/folded?k=aBC").text
    assert ">Abc<" in edited(postgresql, "/tables/folded/Abc", 303, v="Abc")


def test_a_policy_that_fails_says_why(tmp_path: Path) -> None:
    """And so does the page of a table that refers to the one that it's of."""
    databases = Databases(tmp_path, address_of("postgresql"))
    url = databases.make()
    role = f"tenant_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(POLICY.replace("<role>", role))
        browsing = Browsing(f"{url}?options=-crole%3D{role}")
        try:
            for name in ("tenants", "invoices"):
                page = browsing.get(f"/tables/{name}", 400)
                assert 'unrecognized configuration parameter "app.tenant"' in page.text
            browsing.home()
            assert not browsing.problems
        finally:
            browsing.close()
            connection.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")
            databases.close()


POLICY = """
CREATE ROLE <role>; GRANT ALL ON SCHEMA public TO <role>;
CREATE TABLE tenants (id int PRIMARY KEY, name text);
CREATE TABLE invoices (id int PRIMARY KEY, tenant int REFERENCES tenants);
INSERT INTO tenants VALUES (1, 'a'); INSERT INTO invoices VALUES (1, 1);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenants USING (id = current_setting('app.tenant')::int);
GRANT ALL ON ALL TABLES IN SCHEMA public TO <role>;
"""

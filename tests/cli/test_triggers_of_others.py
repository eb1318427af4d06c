"""``dashboard triggers``: some tables are those of another role of PostgreSQL's."""

from __future__ import annotations

import json
import os

import psycopg
import pytest

from tests.catalog.reflection.lookalike import run
from tests.support.databases import Databases
from tests.support.services import address_of

ROLE = f"of_few_rights_{os.getpid()}"
TABLES = f"""
CREATE ROLE {ROLE} LOGIN;
GRANT CREATE ON SCHEMA public TO {ROLE};
CREATE TABLE a_theirs (id int PRIMARY KEY, name text);
CREATE TABLE b_ours (id int PRIMARY KEY, name text);
CREATE TABLE c_lent (id int PRIMARY KEY, name text);
ALTER TABLE b_ours OWNER TO {ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON a_theirs TO {ROLE};
GRANT SELECT, UPDATE, TRIGGER ON c_lent TO {ROLE};
"""


@pytest.fixture
def url(tmp_path):
    databases = Databases(tmp_path, address_of("postgresql"))
    url = databases.make()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
    yield url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {ROLE} CASCADE; DROP ROLE {ROLE}")
    databases.close()


@pytest.fixture
def ini(url, tmp_path):
    path = tmp_path / "theirs.ini"
    text = f"use = egg:dashboard\nsqlalchemy.url = {url}?options=-crole%%3D{ROLE}\n"
    path.write_text(f"[app:main]\n{text}dashboard.reflect = *\n")
    return path


def test_those_that_are_not_ours_are_left_out_with_the_reason(dashboard, ini, url):
    assert dashboard("init", ini).status == 0
    result = dashboard("triggers", "install", ini, "--all")
    assert result.status == 1
    assert [line.split()[0] for line in result.out.splitlines()] == ["b_ours", "c_lent"]
    said, left_out = result.err.splitlines()
    assert said.startswith(f"a_theirs is left out: {ROLE} may not. Its owner postgres can say ")
    assert left_out == "dashboard: left out: a_theirs."
    report = json.loads(dashboard("doctor", ini, "--json").out)
    tables = next(each for each in report["sections"] if each["title"] == "Tables")["findings"]
    remedies = {each["subject"]: each["remedy"] for each in tables}
    grant = said.partition("can say ")[2]
    assert remedies["a_theirs"].endswith(grant)
    run(url, grant.rstrip("."))
    assert dashboard("triggers", "install", ini, "--all").status == 0
    assert " none" not in dashboard("triggers", "list", ini).out
    run(url, f"REVOKE TRIGGER ON a_theirs FROM {ROLE}")
    removed = dashboard("triggers", "remove", ini, "--all")
    assert removed.status == 0, removed.err

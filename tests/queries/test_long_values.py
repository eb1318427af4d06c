"""Pages of rows that are sorted by long values: their addresses stay short, and no row is lost."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from dashboard.catalog import Table, VisibleCatalog
from dashboard.changes import Change
from dashboard.models.types import utc_now
from dashboard.queries.grammar import parse_query, to_pairs
from dashboard.queries.page import Page, fetch_page
from dashboard.queries.query import Cut, QueryError
from dashboard.queries.relevance import Relevance
from tests.queries.conftest import Thing
from tests.support.databases import NUL

Pairs = list[tuple[str, str]]

LONGEST_TOKEN = 2000

characters = st.characters(exclude_categories=["Cs"], exclude_characters="" if NUL else "\0")
short = st.text(characters, max_size=6)
texts = st.none() | st.builds(
    lambda part, times, end: part * times + end,
    st.sampled_from(["", "a", "B", "é", "\U0001f600", "ab ", "%_"]),
    st.sampled_from([0, 1, 39, 40, 41, 200, 20_000]),
    short,
)


def walk(session: Session, table: Table, visible: VisibleCatalog, pairs: Pairs) -> list[int]:
    """Return the ids of all rows, page by page."""
    seen: list[int] = []
    token: Pairs = []
    while True:
        found = ask(session, table, visible, [*pairs, *token])
        seen += [row["id"] for row in found.rows]
        if found.next is None:
            return seen
        assert len(found.next) < LONGEST_TOKEN
        token = [("_next", found.next)]


def ask(session: Session, table: Table, visible: VisibleCatalog, pairs: Pairs) -> Page:
    query = parse_query(table, pairs, catalog=visible)
    # What the page is called, and what it is loaded by again.
    assert parse_query(table, to_pairs(query), catalog=visible) == query
    return fetch_page(session, query, visible)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    notes=st.lists(texts, max_size=9),
    sort=st.lists(
        st.tuples(st.sampled_from(["_sort", "_sort_desc"]), st.sampled_from(["notes", "data"])),
        min_size=1,
        max_size=2,
        unique_by=lambda each: each[1],
    ),
    size=st.integers(1, 4),
)
def test_each_row_is_on_one_page(
    session: Session, thing: Table, visible: VisibleCatalog, notes: Any, sort: Pairs, size: int
) -> None:
    session.query(Thing).delete()
    session.add_all(
        Thing(id=number, notes=text, data=None if text is None else text.encode()[::-1])
        for number, text in enumerate(notes, 1)
    )
    session.flush()
    whole = [row["id"] for row in ask(session, thing, visible, sort).rows]
    seen = walk(session, thing, visible, [*sort, ("_size", str(size))])
    session.rollback()
    assert seen == whole
    assert sorted(seen) == list(range(1, len(notes) + 1))


@pytest.fixture
def rows(session: Session) -> None:
    session.add_all(
        Thing(id=number, count=number, notes="n" * 20_000 + text)
        for number, text in enumerate("bcade", 1)
    )
    session.add(Thing(id=9, notes="z"))
    session.flush()


@pytest.mark.parametrize("sort", ["_sort", "_sort_desc"])
@pytest.mark.parametrize(
    "change",
    [sa.delete(Thing), sa.update(Thing).values(notes="n"), sa.update(Thing).values(notes="zz")],
)
def test_what_follows_a_record_that_is_gone_is_not_lost(
    session: Session, thing: Table, visible: VisibleCatalog, rows: None, sort: str, change: Any
) -> None:
    pairs = [(sort, "notes"), ("_size", "3")]
    whole = walk(session, thing, visible, pairs)
    first = ask(session, thing, visible, pairs)
    assert first.next is not None
    last = first.rows[-1]["id"]
    session.execute(change.where(Thing.id == last))
    rest = walk(session, thing, visible, [*pairs, ("_next", first.next)])
    assert set(whole[3:]) <= set(rest)


def test_a_begin_is_no_place_for_what_names_the_record(thing: Table) -> None:
    pairs = [("_sort", "count"), ("_next", "W3siYmVnaW4iOiJhIn0seyJiZWdpbiI6ImEifV0")]
    with pytest.raises(QueryError, match="is not a place in this order"):
        parse_query(thing, pairs)


def test_a_page_follows_the_record_that_it_begins_after(
    session: Session, thing: Table, visible: VisibleCatalog, rows: None
) -> None:
    pairs = [("count__gte", "1"), ("_sort", "notes"), ("_size", "3")]
    token = ask(session, thing, visible, pairs).next
    query = parse_query(thing, [*pairs, ("_next", str(token))])
    assert query.cut and query.after is not None and isinstance(query.after[0], Cut)
    outside = {"id": 2, "count": 0, "notes": "n"}
    changed = Change(
        seq=1, table="thing", key=(2,), op="update", at=utc_now(), actor=None,
        before=outside, after={**outside, "notes": "m"},
    )  # fmt: skip
    assert Relevance(query, visible).touched_by(changed)
    assert not Relevance(query.but(after=("n", 1)), visible).touched_by(changed)

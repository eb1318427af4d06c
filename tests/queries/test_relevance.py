"""What can be told of a change without the database: no only where it's certain."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from dashboard.catalog import Catalog, VisibleCatalog
from dashboard.catalog.values import to_json
from dashboard.changes import Change
from dashboard.models.types import utc_now
from dashboard.queries import TableQuery, fetch_groups, fetch_page
from dashboard.queries.certainty import unequal
from dashboard.queries.grammar import parse_query
from dashboard.queries.relevance import Relevance
from dashboard.queries.sql import label_key
from tests.queries.conftest import Maker, Size, Thing
from tests.support.databases import NUL

ROW: dict[str, Any] = {
    "id": 1,
    "name": "Anvil",
    "notes": None,
    "count": 5,
    "price": "1.5000000000",
    "ratio": 0.5,
    "ready": True,
    "size": "small",
    "born": "2013-07-22",
    "seen": "2013-07-22T17:00:00",
    "opens": "17:00:00",
    "lasts": 60.0,
    "extra": {"a": 1},
    "data": "AAAA",
    "maker_code": "A",
}
MAKER = {"code": "A", "name": "Acme"}


def change(table: str, before: Any, after: Any) -> Change:
    op = "insert" if before is None else "delete" if after is None else "update"
    return Change(1, table, (1,), op, before, after, None, utc_now())


@pytest.fixture
def touched(catalog: Catalog, visible: VisibleCatalog) -> Any:
    def ask(text: str, table: str, before: Any, after: Any) -> bool:
        pairs = parse_qsl(text, keep_blank_values=True)
        query = parse_query(catalog["thing"], pairs, catalog=visible)
        return Relevance(query, visible).touched_by(change(table, before, after))

    return ask


@pytest.mark.parametrize(
    "text",
    [
        "count=4",
        "count__not=5",
        "count__gt=5",
        "count__gte=6",
        "count__lt=5",
        "count__lte=4",
        "count__in=1,2",
        "count__notin=4,5",
        "count__contains=6",
        "count__isnull=1",
        "notes__notnull=1",
        "notes=x",
        "notes__contains=x",
        "name=Hammer",
        "name__not=Anvil",
        "name__contains=x",
        "name__startswith=nvil",
        "name__endswith=Anvi",
        "price__gt=2",
        "price=2",
        "ratio__lt=0.4",
        "ready=no",
        "size=large",
        "born__gt=2013-07-22",
        "born__lt=2013-07-22",
        "seen__gt=2013-07-23",
        "seen__lt=2013-07-21 23:59",
        "count=5&name=Hammer",
        "count=5&_agg=count&name=Hammer",
    ],
)
def test_a_row_that_certainly_fails_touches_nothing(touched: Any, text: str) -> None:
    assert not touched(text, "thing", None, ROW)
    assert not touched(text, "thing", ROW, None)
    assert not touched(text, "thing", ROW, ROW | {"ratio": 0.6, "notes": None, "lasts": 1.0})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "count=5",
        "count__not=4",
        "name=Anvil",
        "name=ANVIL",  # A collation may take these for equal,
        "name=An-vil",  # and this,
        "name=Änvil",
        "name__contains=NVI",
        "name__contains=ä",
        "name__gt=zzz",  # and only the database knows which comes first.
        "name__lt=AAA",
        "price__gt=1.5",  # Of what is stored the log may have rounded digits away.
        "price=1.50000000001",
        "price__not=1.5",
        "seen__gt=2013-07-22 18:00",  # SQLite compares texts, be they written with a T or a blank.
        "seen=2013-07-22 16:00",
        "seen__lt=2013-07-22 05:00",
        "opens__gt=18:00",
        "lasts__gt=61",
        "extra__contains=zzz",
        "extra__isnull=1",  # JSON's null isn't NULL.
        "size__contains=zzz",
        "ready__not=1",
        "maker_code.name=Other",
        "_search=nothing",
    ],
)
def test_what_is_doubtful_touches(touched: Any, text: str) -> None:
    assert touched(text, "thing", None, ROW)
    assert touched(text, "thing", ROW, None)
    assert touched(text, "thing", ROW, ROW | {"count": 6} if "count=5" in text else None)


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("_col=name", {"count": 6}, False),
        ("_col=name", {"name": "x"}, True),
        ("_col=name&_sort=count", {"count": 6}, True),
        ("_col=name&count__gt=1", {"count": 6}, True),
        ("_col=name&count__gt=9", {"count": 6}, False),
        ("_col=name&count__gt=9", {"count": 10}, True),
        ("_col=name&_search=x", {"notes": "x"}, True),
        ("_col=name&maker_code.name=x", {"maker_code": "B"}, True),
        ("_col=name&_col=maker_code.name", {"maker_code": "B"}, True),
        ("_col=ratio", {"ratio": 0.5, "count": 6}, False),
        ("_agg=count", {"count": 6}, False),
        ("_agg=sum:count", {"count": 6}, True),
        ("_by=count", {"count": 6}, True),
        ("_by=seen:hour", {"count": 6}, False),
        ("_col=extra", {"count": 6}, True),
    ],
)
def test_an_update_touches_what_uses_one_of_its_columns(
    touched: Any, text: str, after: Any, expected: bool
) -> None:
    assert touched(text, "thing", ROW, ROW | after) is expected


@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (0.0, -0.0), (1, 1.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1})]
)
def test_values_that_are_equal_and_read_differently(touched: Any, before: Any, after: Any) -> None:
    assert touched("_col=ratio", "thing", ROW | {"ratio": before}, ROW | {"ratio": after})


def test_a_column_that_the_log_lacks_is_doubtful(touched: Any) -> None:
    row = {"id": 1}
    assert touched("count=4", "thing", None, row)
    assert touched("_col=count", "thing", row, row)


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("", {"name": "x"}, True),
        ("", {"other": 1}, False),
        ("_col=name", {"name": "x"}, False),
        ("_col=name&_search=x", {"name": "x"}, True),
        ("_col=name&_sort=maker_code.name", {"name": "x"}, True),
        ("_col=name&maker_code.name__contains=x", {"name": "x"}, True),
        ("_by=maker_code", {"name": "x"}, True),
        ("_by=size", {"name": "x"}, False),
        ("_agg=count:maker_code.name", {"name": "x"}, True),
    ],
)
def test_a_referred_record_touches_what_uses_its_columns(
    touched: Any, text: str, after: Any, expected: bool
) -> None:
    assert touched(text, "maker", MAKER, MAKER | after) is expected
    if expected:
        assert touched(text, "maker", None, MAKER)
        assert touched(text, "maker", MAKER, None)


def test_what_a_type_of_ones_own_compares_is_unknown(catalog: Catalog) -> None:
    class Shouted(sa.types.TypeDecorator[str]):
        impl = sa.String
        cache_ok = True

    name = catalog["thing"].column("name")
    assert name is not None
    assert unequal(name, "a", "b")
    assert not unequal(replace(name, sql=sa.Column("name", Shouted())), "a", "b")


# Few values, so that a change often takes a row in or out; some that look alike and aren't.
VALUES: dict[str, list[Any]] = {
    "name": [None, "a", "A", "b", "a ", "é", "É", "a_b", f"n{NUL}l"],
    "notes": [None, "", "ab", "AB"],
    "count": [None, 1, 2, 10],
    "price": [None, Decimal("1.5"), Decimal("1.50000000001"), Decimal(2)],
    "ratio": [None, 0.5, 0.0, -0.0],
    "ready": [None, True, False],
    "size": [None, Size.small, Size.large],
    "born": [None, date(2013, 7, 22), date(2013, 7, 23)],
    "seen": [None, datetime(2013, 7, 22, 17), datetime(2013, 7, 22, 18), datetime(2013, 7, 23)],
    "extra": [None, {"a": 1}, [1]],
    "maker_code": [None, "A", "B"],
}
ASKED = {
    "name": ["a", "A", "b", "a ", "é", "ab", "_"],
    "notes": ["ab", "AB", ""],
    "count": ["1", "2", "10"],
    "price": ["1.5", "1.50000000001", "2"],
    "ratio": ["0.5", "0"],
    "ready": ["yes", "no"],
    "size": ["small", "large"],
    "born": ["2013-07-22", "2013-07-23"],
    "seen": ["2013-07-22 17:00", "2013-07-22T18:00", "2013-07-23"],
    "extra": ["a", "1"],
    "maker_code": ["A", "B", "a"],
    "maker_code.name": ["Acme", "acme", "Böll"],
}
PLAIN = "exact not in notin"
ORDERED = f"{PLAIN} gt gte lt lte"
LIKE = "contains startswith endswith"
ASKABLE = {
    **dict.fromkeys(("name", "notes", "maker_code", "maker_code.name"), f"{ORDERED} {LIKE}"),
    **dict.fromkeys(("count", "price", "ratio", "born", "seen"), f"{ORDERED} {LIKE}"),
    "ready": PLAIN,
    "size": f"{PLAIN} {LIKE}",
    "extra": LIKE,
}


@st.composite
def pairs(draw: st.DrawFn, column: str) -> list[tuple[str, str]]:
    """Draw a query that most often asks for ``column``, which is what changes."""
    found = []
    for _ in range(draw(st.sampled_from([1, 1, 1, 0, 2]))):
        name = draw(st.sampled_from([*[column] * 2 * len(ASKED), *sorted(ASKED)]))
        operator = draw(st.sampled_from([*ASKABLE[name].split(), "isnull", "notnull"]))
        texts = st.lists(st.sampled_from(ASKED[name]), min_size=1, max_size=2)
        listed = ",".join(draw(texts)) if operator in ("in", "notin") else None
        found.append((f"{name}__{operator}", listed or draw(st.sampled_from(ASKED[name]))))
    if draw(st.integers(0, 5)) == 0:
        found.append(("_search", draw(st.sampled_from(["a", "acme", "é"]))))
    fields = st.sampled_from(sorted(ASKED.keys() - {"extra"}))
    if draw(st.booleans()):
        found += [("_by", draw(st.sampled_from(["size", "count", "maker_code", "born:week"])))]
        found += [("_agg", draw(st.sampled_from(["count", "sum:price", "max:seen", "count:name"])))]
    else:
        found += [("_col", draw(st.sampled_from(["id", "count", "maker_code", "maker_code.name"])))]
        found += draw(st.lists(st.tuples(st.just("_sort_desc"), fields), max_size=1))
    return [*found, ("_size", draw(st.sampled_from(["2", "100"])))]


things = st.fixed_dictionaries({name: st.sampled_from(each) for name, each in VALUES.items()})


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[list[tuple[str, str]]], tuple[Any, ...]]:
    """Draw queries, and one change: its kind, the row's number, a column and its new value."""
    column = draw(st.sampled_from(sorted(VALUES)))
    kind = draw(st.sampled_from(["update", "update", "update", "insert", "delete", "maker"]))
    change = (kind, draw(st.integers(1, 4)), column, draw(st.sampled_from(VALUES[column])))
    return draw(st.lists(pairs(column), min_size=8, max_size=8)), change


@settings(
    max_examples=int(os.environ.get("DASHBOARD_FLOW_EXAMPLES", "150")),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(things, min_size=2, max_size=4),
    case=cases(),
)
def test_what_is_said_to_be_untouched_stays_as_it_is(
    session: Session,
    catalog: Catalog,
    visible: VisibleCatalog,
    rows: list[dict[str, Any]],
    case: tuple[list[list[tuple[str, str]]], tuple[Any, ...]],
) -> None:
    asked, made_of = case
    session.add_all([Maker(code="A", name="Acme"), Maker(code="B", name="Böll")])
    session.flush()
    session.add_all(Thing(id=number, **row) for number, row in enumerate(rows, 1))
    session.flush()
    queries = [parse_query(catalog["thing"], each, catalog=visible) for each in asked]
    before = [result(session, query, visible) for query in queries]
    made = make(session, catalog, *made_of)
    after = [result(session, query, visible) for query in queries]
    session.rollback()
    if made is None:
        return  # Nothing that is logged, and so nothing that anybody is told of.
    for query, old, new in zip(queries, before, after, strict=True):
        touched = Relevance(query, visible).touched_by(made)
        event(f"touched: {touched}, different: {old != new}")
        assert touched or old == new, query


def result(session: Session, query: TableQuery, visible: VisibleCatalog) -> Any:
    """Return what a page shows of a query."""
    if query.aggregated:
        return repr(fetch_groups(session, query, visible))
    page = fetch_page(session, query, visible)
    shown = [each.key for each in (*(sort.field for sort in query.order), *query.columns)]
    labels = [label_key(each.name) for each in query.labelled]
    rows = [[row[name] for name in (*shown, *labels)] for row in page.rows]
    return repr((rows, page.total, page.next))


def make(
    session: Session, catalog: Catalog, kind: str, number: int, name: str, value: Any
) -> Change | None:
    """Make one change of the database; return it as capture has it, None where nothing differs."""
    table = catalog["maker" if kind == "maker" else "thing"]
    key: Any = "AB"[number % 2] if kind == "maker" else 9 if kind == "insert" else number
    mine = table.key[0].sql == key
    before = stored(session, table, mine)
    if kind == "insert":
        session.execute(sa.insert(table.sql).values(id=9, **{name: value}))
    elif kind == "delete":
        session.execute(sa.delete(table.sql).where(mine))
    elif kind == "maker":
        session.execute(sa.update(table.sql).where(mine).values(name=str(value)))
    else:
        session.execute(sa.update(table.sql).where(mine).values({name: value}))
    after = stored(session, table, mine)
    if before == after:
        return None
    return replace(change(table.name, before, after), key=(key,))


def stored(session: Session, table: Any, mine: Any) -> dict[str, Any] | None:
    columns = [each.sql.label(each.name) for each in table.public_columns]
    found = session.execute(sa.select(*columns).where(mine)).mappings().first()
    return None if found is None else {name: to_json(value) for name, value in found.items()}

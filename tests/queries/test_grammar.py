"""The grammar: what a query string means, and what is said of one that means nothing."""

from __future__ import annotations

import base64
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.catalog import Catalog, Table, VisibleCatalog
from dashboard.queries.grammar import parse_query, to_pairs, to_text
from dashboard.queries.query import Cut, QueryError
from dashboard.queries.tokens import next_token
from tests.queries.conftest import Maker, Size, Thing


def parsed(table: Table, text: str) -> Any:
    return parse_query(table, parse_qsl(text, keep_blank_values=True))


@pytest.mark.parametrize(
    ("text", "column", "op", "value"),
    [
        ("name=Anvil", "name", "exact", "Anvil"),
        ("name__exact=", "name", "exact", ""),
        ("name__not=x", "name", "not", "x"),
        ("notes__contains=100%25", "notes", "contains", "100%"),
        ("count__gt=5", "count", "gt", 5),
        ("price__lte=1.50", "price", "lte", Decimal("1.50")),
        ("ready=yes", "ready", "exact", True),
        ("size__in=small,large", "size", "in", (Size.small, Size.large)),
        ("count__notin=[1,2]", "count", "notin", (1, 2)),
        ('name__in=["a,b","c"]', "name", "in", ("a,b", "c")),
        ("born__gte=2013-07-22", "born", "gte", date(2013, 7, 22)),
        ("seen__lt=2013-07-22+17:45", "seen", "lt", datetime(2013, 7, 22, 17, 45)),
        ("seen__gt=2013-07-22T17:45%2B02:00", "seen", "gt", datetime(2013, 7, 22, 15, 45)),
        ("maker_code__isnull=1", "maker_code", "isnull", None),
        ("maker_code__notnull=1", "maker_code", "notnull", None),
        ("extra__contains=a", "extra", "contains", "a"),
    ],
)
def test_filters(thing: Table, text: str, column: str, op: str, value: Any) -> None:
    (filter_,) = parsed(thing, text).filters
    assert (filter_.field.name, filter_.op, filter_.value) == (column, op, value)


@pytest.mark.parametrize(
    ("text", "parameter", "says"),
    [
        ("nonsense=1", "nonsense", "no column"),
        ("hash=1", "hash", "no column"),
        ("_sort=hash", "_sort", "no column"),
        ("_col=nonsense", "_col", "no column"),
        ("count=abc", "count", "not a whole number"),
        ("count=99999999999999999999", "count", "not a whole number"),
        ("price=NaN", "price", "not a number"),
        ("born=yesterday", "born", "such as 2013-07-22"),
        ("size=huge", "size", "small, large"),
        ("count__contains__gt=1", "count__contains__gt", "no column"),
        ("name__like=x", "name__like", "Allowed are"),
        ("ready__gt=1", "ready__gt", "Allowed are"),
        ("_size=0", "_size", "from 1 to 1000"),
        ("_size=1001", "_size", "from 1 to 1000"),
        ("_size=%D9%A1", "_size", "from 1 to 1000"),
        ("_next=junk", "_next", "first page"),
        ("_next=WzEsMl0", "_next", "first page"),
        ("_where=1", "_where", "Known are"),
        ("name=" + "x" * 2001, "name", "longer than"),
        ("name=a%00b", "name", "NUL"),
        ("seen=0001-01-01T00:00%2B10:00", "seen", "out of range"),
        ("count__in=" + "[" * 1900, "count__in", "not a whole number"),
        ("_search=a&_search=" + "+".join("b" * 20), "_search", "at most 20 words"),
        ("&".join(f"count__gt={each}" for each in range(21)), "count__gt", "number 21"),
        ("count__in=" + ",".join(map(str, range(201))), "count__in", "at most 200"),
    ],
)
def test_bad_input_names_the_parameter_and_what_is_allowed(
    thing: Table, text: str, parameter: str, says: str
) -> None:
    with pytest.raises(QueryError) as error:
        parsed(thing, text)
    assert error.value.parameter == parameter
    assert says in error.value.message


def test_sort_size_search_and_columns(thing: Table) -> None:
    query = parsed(thing, "_sort_desc=count&_sort=name&_size=7&_search=+a+b+&_col=price&_col=name")
    assert [(each.field.name, each.descending) for each in query.order] == [
        ("count", True),
        ("name", False),
        ("id", False),
    ]
    assert (query.size, query.search) == (7, "a b")
    assert [column.name for column in query.columns] == ["name", "price"]
    assert query.reads == {"thing", "maker"}
    assert parsed(thing, "_size=max").size == 1000


def test_equal_queries_have_one_canonical_form(thing: Table) -> None:
    first = parsed(thing, "name=a&count__gt=1&_size=100&_sort=name")
    second = parsed(thing, "_sort=name&count__gt=1&name__exact=a")
    assert to_text(first) == to_text(second) == "count__gt=1&name=a&_sort=name"


def with_references(catalog: Catalog, text: str, *seen: str) -> Any:
    visible = VisibleCatalog(catalog, lambda table: not seen or table.name in seen)
    pairs = parse_qsl(text, keep_blank_values=True)
    return parse_query(catalog["thing"], pairs, catalog=visible)


def test_fields_of_what_is_referred_to(catalog: Catalog) -> None:
    text = "maker_code.name__contains=a&_sort_desc=maker_code.name&_col=maker_code.name&_col=id"
    query = with_references(catalog, text)
    assert [each.name for each in query.columns] == ["id", "maker_code.name"]
    assert query.sort[0].field.label == "Maker code: Name"
    assert query.reads == {"thing", "maker"}
    assert with_references(catalog, to_text(query)) == query


def test_aggregates(catalog: Catalog) -> None:
    text = "_agg=count&_agg=avg:price&_by=maker_code.name&_by=seen:hour&_sort_desc=avg:price"
    query = with_references(catalog, text)
    assert query.aggregated
    assert [each.name for each in query.measures] == ["count", "avg:price"]
    assert [each.label for each in query.measures] == ["Number", "Average of Price"]
    assert [each.name for each in query.groups] == ["maker_code.name", "seen:hour"]
    assert [(each.by.name, each.descending) for each in query.group_order] == [
        ("avg:price", True),
        ("maker_code.name", False),
        ("seen:hour", False),
    ]
    assert with_references(catalog, to_text(query)) == query
    assert to_text(with_references(catalog, "_agg=count&_by=size")) == "_by=size"
    assert to_text(with_references(catalog, "_agg=count")) == "_agg=count"


@pytest.mark.parametrize(
    ("text", "parameter", "says"),
    [
        ("_by=nonsense", "_by", "no column"),
        ("_by=hash", "_by", "no column"),
        ("_sort=id&_sort_desc=extra", "_sort_desc", "extra can't be sorted by."),
        ("_by=extra", "_by", "can't be grouped by. Allowed are id, name"),
        ("_by=seen:decade", "_by", "Allowed are minute, hour"),
        ("_by=born:hour", "_by", "Allowed are day, week"),
        ("_by=count:day", "_by", "not a date"),
        ("_by=id&_by=name&_by=size", "_by", "at most 2"),
        ("_agg=median:count", "_agg", "Allowed are count"),
        ("_agg=sum", "_agg", "Allowed are count"),
        ("_agg=sum:name", "_agg", "Allowed are id, count, price"),
        ("_agg=max:name", "_agg", "Allowed are"),
        ("_agg=sum:maker_code.name", "_agg", "Allowed are"),
        ("_agg=count&_col=id", "_col", "of no use"),
        ("_agg=count&_next=WzFd", "_next", "of no use"),
        ("_by=size&_sort=id", "_sort", "size, count"),
        ("_by=size&_agg=sum:count&_sort=count", "_sort", "size, sum:count"),
        ("&".join(f"_agg=count:{name}" for name in "abcdefghijk"), "_agg", "no column"),
        ("name.x=1", "name.x", "refers to no table here. Of thing these do: maker_code"),
        ("maker_code.x=1", "maker_code.x", "maker has no column 'x'"),
        ("_sort=maker_code.x", "_sort", "maker has no column"),
        ("&".join(f"_sort={each}" for each in range(11)), "_sort", "at most 10"),
    ],
)
def test_bad_aggregates_and_references(
    catalog: Catalog, text: str, parameter: str, says: str
) -> None:
    with pytest.raises(QueryError) as error:
        with_references(catalog, text)
    assert error.value.parameter == parameter
    assert says in error.value.message


def test_what_a_reference_out_of_sight_has_is_not_told(catalog: Catalog) -> None:
    with pytest.raises(QueryError, match="these do: none"):
        with_references(catalog, "maker_code.name=Acme", "thing")


words = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=0, max_size=20
)


@given(
    filters=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["name", "name__contains", "notes__startswith"]), words),
            st.tuples(st.just("count__gte"), st.integers(-(2**63), 2**63 - 1).map(str)),
            st.tuples(st.just("name__isnull"), st.just("1")),
        ),
        max_size=5,
    ),
    search=words,
    size=st.integers(1, 1000),
    sort=st.lists(
        st.tuples(
            st.sampled_from(["_sort", "_sort_desc"]),
            st.sampled_from(["name", "count", "born", "id"]),
        ),
        max_size=3,
    ),
)
def test_the_canonical_form_means_the_same_query(
    filters: Any, search: str, size: int, sort: Any
) -> None:
    catalog = Catalog()
    catalog.add(Maker)
    catalog.add(Thing)
    query = parse_query(
        catalog["thing"], [*filters, ("_search", search), ("_size", str(size)), *sort]
    )
    again = parse_query(catalog["thing"], parse_qsl(to_text(query), keep_blank_values=True))
    assert again == query
    assert to_pairs(again) == to_pairs(query)


@pytest.mark.parametrize("usual", [2, 100, 5000])
@pytest.mark.parametrize("text", ["", "_size=2", "_size=100", "_size=1000"])
def test_the_canonical_form_means_the_same_size_whatever_is_usual(
    thing: Table, usual: int, text: str
) -> None:
    query = parse_query(thing, parse_qsl(text), usual)
    assert parse_query(thing, parse_qsl(to_text(query)), usual) == query
    assert query.size == (int(text[6:]) if text else usual)


def test_a_page_may_follow_a_row_with_a_long_text(thing: Table) -> None:
    query = parsed(thing, "_sort=notes")
    token = next_token(query, {"notes": "x" * 5000, "id": 1})
    assert parsed(thing, f"_sort=notes&_next={token}").after == (Cut("x" * 40), 1)
    token = next_token(query, {"notes": "x" * 50, "id": 1})
    assert parsed(thing, f"_sort=notes&_next={token}").after == ("x" * 50, 1)


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("size", '"gone"'),
        ("size", "3"),
        ("size", "[]"),
        ("size", '{"a":1}'),
        ("name", "3"),
        ("name", '"\\ud800"'),
        ("count", "9223372036854775808"),
        ("count", '"x"'),
        ("born", "5"),
        ("born", '"2013-13-01"'),
        ("lasts", "1e300"),
        ("lasts", "NaN"),
        ("opens", "true"),
    ],
)
def test_a_forged_place_is_refused(thing: Table, sort: str, value: str) -> None:
    token = base64.urlsafe_b64encode(f"[{value},1]".encode()).decode().rstrip("=")
    with pytest.raises(QueryError, match="begin at the first page"):
        parsed(thing, f"_sort={sort}&_next={token}")

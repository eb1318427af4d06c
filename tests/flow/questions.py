"""Random queries of the grammar over the shop's tables."""

from __future__ import annotations

from urllib.parse import urlencode

from hypothesis import strategies as st

from tests.flow.writing import TEXTS

Pair = tuple[str, str]

SHOWN = [text for text in TEXTS if "\0" not in text]
texts = st.sampled_from([*SHOWN, "a0", "b1", "pen", "@x", "\\"])
whole = st.integers(0, 12).map(str)
numbers = st.sampled_from(["0", "0.25", "0.5", "1", "2.25", "7"])
dates = st.integers(1, 10).map(lambda day: f"2024-01-{day:02}")
moments = st.integers(1, 10).map(lambda day: f"2024-02-{day:02} 03:00")
states = st.sampled_from(["new", "paid", "sent"])

KINDS = {
    "text": (texts, "exact not contains startswith endswith gt gte lt lte in notin isnull notnull"),
    "integer": (whole, "exact not contains startswith gt gte lt lte in notin isnull notnull"),
    "number": (numbers, "exact not gt gte lt lte in notin isnull notnull"),
    "date": (dates, "exact not contains gt gte lt lte in isnull notnull"),
    "datetime": (moments, "exact not startswith gt gte lt lte isnull notnull"),
    "choice": (states, "exact not contains in notin isnull notnull"),
}

TABLES = {
    "tag": {"name": "text"},
    "customer": {"id": "integer", "name": "text", "email": "text"},
    "shop_order": {
        "id": "integer",
        "customer_id": "integer",
        "replaces_id": "integer",
        "state": "choice",
        "total": "number",
        "note": "text",
        "due": "date",
        "placed": "datetime",
    },
    "line": {"order_id": "integer", "number": "integer", "product": "text", "quantity": "integer"},
}


REFERENCES = {
    "shop_order": {"customer_id": "customer", "replaces_id": "shop_order"},
    "line": {"order_id": "shop_order"},
}


def fields_of(table: str) -> dict[str, str]:
    """Return the kinds of a table's columns, and of those of the tables that it refers to."""
    through = {
        f"{column}.{name}": kind
        for column, referred in REFERENCES.get(table, {}).items()
        for name, kind in TABLES[referred].items()
    }
    return TABLES[table] | through


@st.composite
def filters(draw: st.DrawFn, table: str) -> Pair:
    """Draw a filter of one of the table's fields; half of them are likely to match a lot."""
    fields = fields_of(table)
    field = draw(st.sampled_from(sorted(TABLES[table]))) if draw(st.booleans()) else None
    field = field or draw(st.sampled_from(sorted(fields)))
    values, operators = KINDS[fields[field]]
    operator = draw(st.sampled_from(operators.split()))
    value = draw(values)
    if operator in ("in", "notin"):
        value = ",".join([value, *draw(st.lists(values, max_size=3))])
    return (field if operator == "exact" else f"{field}__{operator}"), value


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Draw the path and query of a table's page."""
    table = draw(st.sampled_from([*sorted(TABLES), "shop_order"]))
    fields = st.sampled_from(sorted(TABLES[table])) | st.sampled_from(sorted(fields_of(table)))
    pairs = draw(conditions(table))
    order = st.sampled_from(["_sort", "_sort_desc"])
    pairs += draw(st.lists(st.tuples(order, fields), max_size=2))
    # Often what is sorted by isn't shown.
    pairs += [("_col", name) for name in draw(st.lists(fields, max_size=2, unique=True))]
    return address(table, pairs)


@st.composite
def conditions(draw: st.DrawFn, table: str) -> list[Pair]:
    pairs: list[Pair] = draw(st.lists(filters(table), max_size=2))
    if draw(st.integers(0, 3)) == 0:
        pairs.append(("_search", draw(texts)))
    if draw(st.booleans()):
        pairs.append(("_size", str(draw(st.integers(1, 6)))))
    return pairs


@st.composite
def groups(draw: st.DrawFn) -> str:
    """Draw the path and query of a table's groups."""
    table = draw(st.sampled_from([*sorted(TABLES), "shop_order"]))
    fields = fields_of(table)
    by = [*fields, *(f"{name}:week" for name, kind in fields.items() if kind in TIMES)]
    sums = [name for name, kind in fields.items() if kind in ("integer", "number")]
    of = ["count", *(f"{each}:{name}" for name in sums for each in ("sum", "avg", "min", "max"))]
    chosen = [("_by", each) for each in draw(st.lists(st.sampled_from(by), max_size=2))]
    least = 0 if chosen else 1
    figures = st.lists(st.sampled_from(of), min_size=least, max_size=3)
    chosen += [("_agg", each) for each in draw(figures)]
    pairs = draw(conditions(table)) + (chosen or [("_agg", "count")])
    if draw(st.booleans()):
        pairs.append((draw(st.sampled_from(["_sort", "_sort_desc"])), chosen[-1][1]))
    return address(table, pairs)


TIMES = ("date", "datetime")


def address(table: str, pairs: list[Pair]) -> str:
    return f"/tables/{table}" + (f"?{urlencode(pairs)}" if pairs else "")


paths = st.one_of(tables(), tables(), groups(), st.just("/"))

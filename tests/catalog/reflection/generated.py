"""Schemas that nobody would make, with a few rows: every type, and names that are no names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

NAMES = [
    *("id", "name", "metadata", "registry", "query", "new", "choices", "views", "people", "boards"),
    *("panels", "select", "Order", "group", "ключ", "名前", "é", "a b", "a,b", "a/b", "a?b", "a#b"),
    *(
        "a%b",
        "%s",
        "%(x)s",
        "%%",
        'a"b',
        "a'b",
        "a\nb",
        "a\tb",
        " lead",
        "trail ",
        ".",
        "..",
        "x.y",
    ),
    *("a__gt", "a", "_sort", "_next", "_col", "__x", "x__", "_", "c0", "c1", "row_number", "rowid"),
    *("csrf_token", "_version", "column.x", "__init__", "_sa_instance_state", "count", "${x}"),
    *(
        "<b>x</b>",
        "a:b",
        ":a",
        "a|b",
        "a\\b",
        "a;b",
        "--",
        "a&b=c",
        "+",
        "[x]",
        "`x`",
        "key",
        "order",
    ),
    *(
        "type",
        "user",
        "\u202egnp",
        "a\u0301",
        "😀",
        "label of a",
        "part_0",
        "x" * 50,
        "constructor",
    ),
]
ALPHABET = "aB_ .,%/?#\"'\n&=+:;<>(){}[]$\\`|éж名😀-0"

names = st.one_of(
    st.sampled_from(NAMES),
    st.text(ALPHABET, min_size=1, max_size=12),
    st.from_regex(r"[a-z]{3,8}", fullmatch=True),
).map(lambda name: name.replace("\x00", "x") or "x")

texts = st.one_of(st.text(max_size=12), st.sampled_from(["new", "a/b", "", ",", "%", "x" * 300]))
plain_texts = texts.map(lambda text: text.replace("\0", "")).filter(
    lambda text: text.isprintable() or text.isascii()
)
integers = st.integers(-(2**31), 2**31 - 1)


@dataclass
class Column:
    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    values: st.SearchStrategy[Any] = field(default_factory=st.none)
    generated: str | None = None


@dataclass
class Table:
    name: str
    columns: list[Column]
    key: list[Column]
    references: list[tuple[list[Column], Table, str]]
    rows: list[list[Any]]
    more: str = ""


@dataclass
class Schema:
    tables: list[Table]
    views: list[tuple[str, Table]]

    def statements(self, mark: str) -> list[tuple[str, list[Any]]]:
        """Return the SQL that makes it; ``mark`` is how the driver has a parameter."""
        found: list[tuple[str, list[Any]]] = [(_create(each, mark), []) for each in self.tables]
        for table in self.tables:
            written = [each for each in table.columns if each.generated is None]
            columns = ", ".join(quoted(each.name, mark) for each in written)
            marks = ", ".join(mark for _ in written)
            for row in table.rows:
                insert = f"INSERT INTO {quoted(table.name, mark)} ({columns}) VALUES ({marks})"
                found.append((insert, row))
        for name, table in self.views:
            view = f"CREATE VIEW {quoted(name, mark)} AS SELECT * FROM {quoted(table.name, mark)}"
            found.append((view, []))
        return found


def quoted(name: str, mark: str = "?") -> str:
    text = '"' + name.replace('"', '""') + '"'
    return text.replace("%", "%%") if mark == "%s" else text


def _create(table: Table, mark: str) -> str:
    parts = []
    for column in table.columns:
        part = f"{quoted(column.name, mark)} {column.type}"
        if column.generated is not None:
            part += f" GENERATED ALWAYS AS ({column.generated}) STORED"
        elif column.default is not None:
            part += f" DEFAULT {column.default}"
        if not column.nullable:
            part += " NOT NULL"
        parts.append(part)
    if table.key:
        names = ", ".join(quoted(each.name, mark) for each in table.key)
        parts.append(f"PRIMARY KEY ({names})")
    for columns, target, action in table.references:
        here = ", ".join(quoted(each.name, mark) for each in columns)
        there = ", ".join(quoted(each.name, mark) for each in target.key)
        target_name = quoted(target.name, mark)
        parts.append(f"FOREIGN KEY ({here}) REFERENCES {target_name} ({there}) {action}")
    return f"CREATE TABLE {quoted(table.name, mark)} ({', '.join(parts)}){table.more}"


Types = dict[str, tuple[st.SearchStrategy[Any], list[str]]]
"""Of each type: its values, and defaults in SQL."""


@st.composite
def schemas(
    draw: Callable[..., Any],
    types: Types,
    key_types: list[str],
    *,
    fold: Callable[[str], str],
    anything: st.SearchStrategy[Any] | None = None,
    without_rowid: bool = False,
) -> Schema:
    """Draw up to eight tables. ``anything`` are values that any column may have."""
    count = draw(st.integers(1, 8))
    found = draw(st.lists(names, min_size=count + 1, max_size=count + 1, unique_by=fold))
    tables: list[Table] = []
    for name in found[:-1]:
        tables.append(draw(_tables(name, types, key_types, tables, fold, anything, without_rowid)))
    views = [(found[-1], draw(st.sampled_from(tables)))] if draw(st.booleans()) else []
    return Schema(tables, views)


@st.composite
def _tables(
    draw: Callable[..., Any],
    name: str,
    types: Types,
    key_types: list[str],
    others: list[Table],
    fold: Callable[[str], str],
    anything: st.SearchStrategy[Any] | None,
    without_rowid: bool,
) -> Table:
    column_names = draw(st.lists(names, min_size=2, max_size=7, unique_by=fold))
    parts = draw(st.sampled_from([0, 1, 1, 1, 1, 2]))
    columns: list[Column] = []
    for place, column_name in enumerate(column_names):
        in_key = place < parts
        type_ = draw(st.sampled_from(key_types if in_key else list(types)))
        values, defaults = types[type_]
        nullable = draw(st.booleans()) and not in_key
        default = draw(st.sampled_from([None, None, *defaults])) if not in_key else None
        columns.append(Column(column_name, type_, nullable, default, values))
    key = columns[:parts]
    table = Table(name, columns, key, [], [])
    free = columns[parts:]
    for target in draw(st.permutations([*others, table]))[: draw(st.integers(0, 2))]:
        if target.key and len(free) >= len(target.key):
            local, free = free[: len(target.key)], free[len(target.key) :]
            for mine, theirs in zip(local, target.key, strict=True):
                mine.type, mine.values, mine.default = theirs.type, theirs.values, None
                mine.nullable = target is table or mine.nullable
            action = draw(st.sampled_from(["", "ON DELETE CASCADE", "ON DELETE SET NULL"]))
            table.references.append((local, target, action))
    for _ in range(draw(st.integers(0, 4))):
        table.rows.append([draw(_value(each, table, anything)) for each in columns])
    if without_rowid and key and draw(st.booleans()):
        table.more = " WITHOUT ROWID"
    if free and draw(st.integers(0, 3)) == 0:
        table.columns.append(Column("made", "INTEGER", generated="1 + 1"))
        if any(fold(each.name) == "made" for each in columns[:-1]):
            table.columns.pop()
    return table


def _value(
    column: Column, table: Table, anything: st.SearchStrategy[Any] | None
) -> st.SearchStrategy[Any]:
    referred = [
        row[target.columns.index(theirs)]
        for columns, target, _ in table.references
        for mine, theirs in zip(columns, target.key, strict=True)
        if mine is column
        for row in target.rows
    ]
    choices = [column.values]
    if referred:
        choices = [st.sampled_from(referred)]
    elif anything is not None and column not in table.key:
        choices.append(anything)
    if column.nullable:
        choices.append(st.none())
    return st.one_of(choices)


blobs = st.binary(max_size=6)
moments = st.sampled_from(
    ["2013-07-22 17:45:00", "2013-07-22T17:45:00Z", "1850-01-01", "garbage", "", 1374500000]
)
numbers = st.one_of(integers, st.floats(allow_nan=False, allow_infinity=False, width=32))

SQLITE: Types = {
    "INTEGER": (integers, ["7", "-1"]),
    "INT": (integers, []),
    "TINYINT(1)": (integers, []),
    "TEXT": (plain_texts, ["'x'", "''"]),
    "VARCHAR(20)": (plain_texts, ["'it''s'"]),
    "REAL": (numbers, ["0.5"]),
    "DOUBLE PRECISION": (numbers, []),
    "NUMERIC": (numbers, []),
    "DECIMAL(10,2)": (numbers, ["1.50"]),
    "BOOLEAN": (st.sampled_from([0, 1, "t", "false", 2]), ["1"]),
    "DATE": (moments, ["CURRENT_DATE"]),
    "DATETIME": (moments, ["CURRENT_TIMESTAMP"]),
    "TIMESTAMP": (moments, []),
    "TIME": (st.sampled_from(["12:00", "24:00:00", "x"]), []),
    "BLOB": (blobs, ["x'00'"]),
    "JSON": (st.sampled_from(['{"a": [1, null]}', "garbage", "null", '"x"', "[1e999]"]), ["'{}'"]),
    "UUID": (st.uuids().map(str), []),
    "": (st.one_of(integers, plain_texts, blobs), ["1"]),
    "STRING": (plain_texts, []),
    "POINT": (plain_texts, []),
}
SQLITE_KEYS = ["INTEGER", "INTEGER", "INT", "TEXT", "VARCHAR(20)", "REAL", "DECIMAL(10,2)", "DATE",
               "DATETIME", "BLOB", "", "UUID", "BOOLEAN", "JSON"]  # fmt: skip

sqlite_schemas = schemas(
    SQLITE,
    SQLITE_KEYS,
    fold=str.lower,
    anything=st.one_of(st.integers(-(2**63), 2**63 - 1), plain_texts, blobs),
    without_rowid=True,
)


def _said(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


pg_texts = plain_texts.map(lambda text: text.encode("utf-8", "ignore").decode())
POSTGRESQL: Types = {
    "integer": (integers, ["7"]),
    "bigint": (integers, []),
    "smallint": (st.integers(-(2**15), 2**15 - 1), []),
    "serial": (integers, []),
    "text": (pg_texts, ["'x'", "'a'::text"]),
    "varchar(20)": (pg_texts.map(lambda text: text[:20]), []),
    "char(5)": (pg_texts.map(lambda text: text[:5]), []),
    "numeric": (_said("1.50", "NaN", "-0.1", "1e30"), []),
    "numeric(10,2)": (_said("1.5", "99999999.99"), ["0"]),
    "real": (_said("0.1", "NaN", "Infinity", "-1e20"), []),
    "double precision": (_said("0.1", "NaN", "-Infinity"), []),
    "boolean": (st.booleans(), ["true"]),
    "date": (_said("2013-07-22", "1850-01-01", "infinity", "0044-03-15 BC"), ["current_date"]),
    "timestamp": (_said("2013-07-22 17:45", "-infinity", "99999-01-01"), ["now()"]),
    "timestamptz": (_said("2013-07-22 17:45+02", "infinity", "0044-03-15 BC"), ["now()"]),
    "time": (_said("12:00", "24:00"), []),
    "timetz": (_said("12:00+02:30", "24:00-11"), []),
    "interval": (_said("1 year 2 mons", "-1 day 02:00", "00:00:00.5"), []),
    "bytea": (blobs, []),
    "json": (_said('{"a": [1, null]}', "null", '"x"', "1e400"), ["'{}'"]),
    "jsonb": (_said('{"a": [1, null]}', "null", '"x"', "1e40"), []),
    "uuid": (st.uuids().map(str), ["gen_random_uuid()"]),
    "integer[]": (_said("{1,2}", "{}"), []),
    "text[]": (_said('{a,"b,c"}', "{NULL}"), []),
    "inet": (_said("1.2.3.4/24", "::1"), []),
    "cidr": (_said("10.0.0.0/8"), []),
    "macaddr": (_said("08:00:2b:01:02:03"), []),
    "tsvector": (_said("a b"), []),
    "int4range": (_said("[1,5)", "empty"), []),
    "xml": (_said("<a/>"), []),
    "money": (_said("12.5"), []),
    "bit(3)": (_said("101"), []),
    "varbit": (_said("1"), []),
    "point": (_said("(1,2)"), []),
    "oid": (st.integers(0, 9), []),
    "name": (_said("x"), []),
    "mood": (_said("sad", "it's ok"), ["'sad'"]),
    "posint": (st.integers(1, 9), []),
}
POSTGRESQL_KEYS = ["integer", "integer", "bigint", "text", "varchar(20)", "char(5)", "numeric",
                   "real", "date", "timestamptz", "time", "interval", "bytea", "uuid", "boolean",
                   "inet", "jsonb", "integer[]", "int4range", "mood", "timetz"]  # fmt: skip
POSTGRESQL_TYPES = (
    "CREATE TYPE mood AS ENUM ('sad', 'it''s ok')",
    "CREATE DOMAIN posint AS integer CHECK (value > 0)",
)

postgresql_schemas = schemas(POSTGRESQL, POSTGRESQL_KEYS, fold=lambda name: name)

"""What SQLite has: advice instead of types, and names for anything."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.catalog.reflection.generated import Draw, Kind, Types
from tests.catalog.reflection.names import texts
from tests.catalog.reflection.schema import Said, Table

integers = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.sampled_from([0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63), 10**15, 2451545]),
)
numbers = st.one_of(
    integers,
    st.floats(allow_nan=False, width=32),
    st.sampled_from([1e308, -0.0, 5e-324, float("inf"), float("-inf"), 0.1 + 0.2, 1e15, 9.007e15]),
)
blobs = st.one_of(st.binary(max_size=6), st.sampled_from([b"", b"a", b"\0", b"\xff" * 300]))
broken = st.sampled_from(["ff", "61ff62", "eda080", "c328", ""]).map(
    lambda text: Said(f"CAST(x'{text}' AS TEXT)")
)
plain_texts = st.one_of(texts, texts, texts, broken, st.sampled_from(["a\0b", "\0", "9" * 400]))
MOMENTS = (
    *("2013-07-22 17:45:00", "2013-07-22T17:45:00Z", "2013-07-22T17:45:00.123456789+05:30"),
    *("1850-01-01", "0001-01-01", "0000-00-00", "10000-01-01", "-0044-03-15", "22.07.2013", "now"),
    *("2013-W30-1", "24:00", "12:00:60", "9999-12-31 23:59:59.9999", "garbage", "", "20130722"),
)
moments = st.one_of(
    st.sampled_from(MOMENTS),
    st.datetimes().map(lambda each: each.isoformat(" ")),
    st.sampled_from([1374500000, 1374500000000, 2456496.24, 0, -1.5]),
)
JSON = ('{"a": [1, null]}', "garbage", "null", '"x"', "[1e999]", "[NaN]", '"\\ud800"', "", "[" * 99,
        "1", "true", '{"a": 1, "a": 2}', "123456789012345678901234567890")  # fmt: skip

TYPES: Types = {
    "INTEGER": (integers, ["7", "-1", "(abs(random()))", "NULL"]),
    "INT": (integers, ["(1 + 1)"]),
    "TINYINT(1)": (integers, []),
    "UNSIGNED BIG INT": (integers, []),
    "TEXT": (plain_texts, ["'x'", "''", "'%s :x ?'", "(lower('A'))", '"quoted"']),
    "VARCHAR(20)": (plain_texts, ["'it''s'"]),
    "NATIVE CHARACTER(7)": (plain_texts, []),
    "CLOB": (plain_texts, []),
    "REAL": (numbers, ["0.5", "9e999", "-1.5e3"]),
    "FLOAT(3)": (numbers, []),
    "DOUBLE PRECISION": (numbers, []),
    "NUMERIC": (numbers, []),
    "NUMERIC(40,20)": (numbers, []),
    "DECIMAL(10,2)": (numbers, ["1.50"]),
    "DECIMAL(10,5)": (numbers, []),
    "MONEY": (numbers, []),
    "BOOLEAN": (st.sampled_from([0, 1, "t", "false", "true", 2, -1, 0.5]), ["1", "TRUE"]),
    "DATE": (moments, ["CURRENT_DATE"]),
    "DATETIME": (moments, ["CURRENT_TIMESTAMP", "(datetime('now', '-1 day'))"]),
    "TIMESTAMP WITH TIME ZONE": (moments, []),
    "TIME": (st.sampled_from(["12:00", "24:00:00", "x", "-01:00", 5]), ["CURRENT_TIME"]),
    "YEAR": (integers, []),
    "BLOB": (blobs, ["x'00'"]),
    "VARBINARY(3)": (blobs, []),
    "JSON": (st.sampled_from(JSON), ["'{}'"]),
    "JSONB": (st.one_of(st.sampled_from(JSON), blobs), []),
    "UUID": (st.uuids().map(str), []),
    "": (st.one_of(integers, plain_texts, blobs, numbers), ["1", "x'61'"]),
    "ANY": (st.one_of(integers, plain_texts, blobs, numbers), []),
    "STRING": (plain_texts, []),
    "POINT": (plain_texts, []),
    "INTERVAL": (plain_texts, []),
    "FLOATING POINT": (numbers, []),
    "\"ENUM('a','b')\"": (st.sampled_from(["a", "b", "c"]), []),
    '"VARCHAR(10) NOT NULL"': (plain_texts, []),
    '"INTEGER[]"': (plain_texts, []),
    '"😀 %s :x ?"': (plain_texts, []),
}
KEYS = ["INTEGER", "INTEGER", "INTEGER", "INT", "TEXT", "VARCHAR(20)", "REAL", "DECIMAL(10,2)",
        "DATE", "DATETIME", "TIME", "BLOB", "", "UUID", "BOOLEAN", "JSON", "NUMERIC", "STRING",
        "POINT", "ANY", '"VARCHAR(10) NOT NULL"']  # fmt: skip
STRICT = ("INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY")
ANYTHING = st.one_of(st.integers(-(2**63), 2**63 - 1), numbers, plain_texts, blobs, moments)

MADE = (
    "INTEGER GENERATED ALWAYS AS (1 + 1) STORED",
    "TEXT GENERATED ALWAYS AS ({a} || ' %s :x') VIRTUAL",
    "AS ({a})",
    "JSON AS (json_extract({a}, '$.a')) VIRTUAL",
    "INT AS (length({a}) + length({b})) STORED",
    "DATE AS (date({a}))",
)
RULES = (
    "CHECK ({a} IN ('a', 'b''c', ':x', '%s') OR 1)",
    "CHECK ({a} IN ('a', 'b''c', ':x', '%s', ''))",
    "CONSTRAINT {t} CHECK (length({a}) < 400 OR {b} <> '%(y)s :z?')",
    "CONSTRAINT \"%s :x\" CHECK (typeof({a}) <> 'nothing') /* CHECK (1=0) ) */",
    "CHECK (abs({a}) >= 0 OR 1)",
    "UNIQUE ({a})",
    "UNIQUE ({a}, {b}) ON CONFLICT IGNORE",
    "UNIQUE ({b} COLLATE NOCASE DESC) ON CONFLICT ROLLBACK",
    "FOREIGN KEY ({a}) REFERENCES nowhere",
    'FOREIGN KEY ({a}, {b}) REFERENCES {t} ("no such", column_)',
)
OTHERS = (
    "CREATE VIEW {n} AS SELECT * FROM {t}",
    "CREATE VIEW {n} AS SELECT {a}, count(*) AS \"a b\", max({b}) FROM {t} GROUP BY {a}",
    "CREATE VIEW {n} AS SELECT x.*, y.* FROM {t} x, {u} y",
    "CREATE VIEW {n} AS SELECT {a} AS x, {a} AS x, 1, NULL, x'00' FROM {t}",
    "CREATE VIEW {n} AS WITH w AS (SELECT * FROM {t}) SELECT * FROM w UNION ALL SELECT * FROM w",
    "CREATE VIEW over AS SELECT * FROM {t}",
    "CREATE VIEW {n} AS SELECT * FROM over",
    "CREATE VIEW {n} AS SELECT * FROM gone",
    "CREATE VIEW {n} AS SELECT json_extract({a}, '$.a') AS x, abs({b}) AS y FROM {t}",
    "CREATE VIEW {n} AS SELECT no_function({a}) AS x FROM {t}",
    "CREATE VIEW {n}(a, \"a.b\") AS SELECT * FROM {n}",
    "CREATE TEMP TABLE {n} (a)",
    "CREATE VIRTUAL TABLE {n} USING fts5(title, body, tag UNINDEXED)",
    "CREATE VIRTUAL TABLE {n} USING fts5({a}, content={t})",
    "CREATE VIRTUAL TABLE words USING fts5(a)",
    "INSERT INTO words VALUES ('some words')",
    "CREATE VIRTUAL TABLE {n} USING fts5vocab(words, row)",
    "CREATE VIRTUAL TABLE {n} USING fts4(a, b)",
    "CREATE VIRTUAL TABLE {n} USING rtree(id, least, most, +more)",
    "CREATE INDEX {n} ON {t} (lower({a}), {b} DESC)",
    "CREATE UNIQUE INDEX {n} ON {t} ({a}) WHERE {b} IS NOT NULL",
    "CREATE UNIQUE INDEX {n} ON {t} (coalesce({a}, 0), {b} COLLATE NOCASE)",
    "CREATE UNIQUE INDEX {n} ON {t} ({a})",
    "CREATE TRIGGER {n} BEFORE UPDATE ON {t} BEGIN SELECT RAISE(ABORT, 'no %s :x'); END",
    "CREATE TRIGGER {n} BEFORE UPDATE ON {t} BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
    "CREATE TRIGGER {n} BEFORE INSERT ON {t} BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER {n} BEFORE UPDATE ON {t} BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER {n} BEFORE DELETE ON {t} BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER {n} AFTER UPDATE ON {t} BEGIN DELETE FROM {u}; END",
    "CREATE TRIGGER {n} AFTER DELETE ON {t} BEGIN INSERT INTO gone VALUES (1); END",
    "CREATE TRIGGER {n} AFTER INSERT ON {t} BEGIN UPDATE {t} SET {a} = {b}; END",
    "UPDATE {t} SET {a} = CAST(x'61ff' AS TEXT)",
    "UPDATE {t} SET {a} = 9e999",
    "INSERT INTO {t} DEFAULT VALUES",
    "ALTER TABLE {t} ADD COLUMN {n} DEFAULT ':x'",
    "ANALYZE",
)  # fmt: skip


def finish(draw: Draw, table: Table) -> None:
    """Make some tables STRICT or WITHOUT ROWID, and give some keys an order or a rule."""
    plain = not table.references and not any(each.made for each in table.columns)
    strict = plain and draw(st.integers(0, 3)) == 0
    for each in table.columns if strict else ():
        each.type = draw(st.sampled_from(STRICT))
        each.values, each.default = TYPES[each.type][0], None
    without = bool(table.key) and draw(st.integers(0, 3)) == 0
    table.more = ", ".join([*(["STRICT"] * strict), *(["WITHOUT ROWID"] * without)])
    if len(table.key) == 1 and table.key[0].type == "INTEGER" and not without:
        table.in_key = draw(
            st.sampled_from(
                [
                    "",
                    " PRIMARY KEY",
                    " PRIMARY KEY AUTOINCREMENT",
                    " PRIMARY KEY DESC",
                    " PRIMARY KEY ON CONFLICT REPLACE",
                ]
            )
        )


def fold(name: str) -> str:
    """Return what SQLite takes for the same name: only the letters from A to Z have cases."""
    return "".join(each.lower() if each.isascii() else each for each in name)


SQLITE = Kind(TYPES, KEYS, fold, MADE, RULES, OTHERS, ANYTHING, forgiving=True, finish=finish)

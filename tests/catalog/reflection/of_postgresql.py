"""What PostgreSQL has: a type for everything, and kinds of tables of its own."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.catalog.reflection.generated import Kind, Types
from tests.catalog.reflection.names import texts


def _said(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


integers = st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(0, 3))
bigs = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 3))
blobs = st.one_of(st.binary(max_size=6), st.sampled_from([b"", b"\xff" * 300]))
pairs = _said("(1,2)", "(-1e300,NaN)", "(Infinity,0)")
days = _said("2013-07-22", "1850-01-01", "infinity", "-infinity", "0044-03-15 BC", "99999-01-01")
moments = _said("2013-07-22 17:45", "-infinity", "99999-01-01 24:00", "4714-11-24 00:00 BC",
                "2013-07-22 17:45:00.123456", "0001-01-01", "9999-12-31 23:59:59.9999")  # fmt: skip
instants = _said("2013-07-22 17:45+02", "infinity", "0044-03-15 BC", "1850-01-01 00:00-00:53:28",
                 "9999-12-31 23:59-12", "0001-01-01 00:00+14", "294276-12-31")  # fmt: skip
JSON = ('{"a": [1, null]}', "null", '"x"', "1e40", "[]", '"\\u2028"', "true", '{"": {"": []}}')

TYPES: Types = {
    "integer": (integers, ["7", "(random() * 9)::int"]),
    "bigint": (bigs, []),
    "smallint": (st.integers(-(2**15), 2**15 - 1), []),
    "serial": (integers, []),
    "text": (texts, ["'x'", "'a'::text", "'%s :x'", "upper('a')"]),
    'text COLLATE "C"': (texts, []),
    "varchar": (texts, []),
    "varchar(20)": (texts.map(lambda text: text[:20]), []),
    "char(5)": (texts.map(lambda text: text[:5]), ["'a'"]),
    "bpchar": (texts, []),
    '"char"': (_said("x", "", "'"), []),
    "name": (_said("x", "%s"), []),
    "citext": (texts, []),
    "numeric": (
        _said("1.50", "NaN", "-0.1", "1e30", "Infinity", "1e-20", "12345678901234567890"),
        [],
    ),
    "numeric(10,2)": (_said("1.5", "99999999.99", "NaN"), ["0"]),
    "numeric(5,-2)": (_said("1200", "-100"), []),
    "numeric(2,5)": (_said("0.00012"), []),
    "real": (_said("0.1", "NaN", "Infinity", "-1e20", "1e-45", "-0"), []),
    "double precision": (_said("0.1", "NaN", "-Infinity", "1e308", "5e-324", "-0"), []),
    "boolean": (st.booleans(), ["true"]),
    "date": (days, ["current_date"]),
    "timestamp": (moments, ["now()"]),
    "timestamp(0)": (moments, ["clock_timestamp()"]),
    "timestamptz": (instants, ["now()"]),
    "time": (_said("12:00", "24:00", "23:59:59.999999"), []),
    "time(3)": (_said("12:00", "00:00:00.0005"), []),
    "timetz": (_said("12:00+02:30", "24:00-11", "00:00+15:59:59"), []),
    "interval": (_said("1 year 2 mons", "-1 day 02:00", "00:00:00.5", "178000000 years", "0"), []),
    "interval year to month": (_said("1 year 2 mons"), []),
    "interval second(2)": (_said("1.5", "-100000"), []),
    "bytea": (blobs, ["'\\x00'"]),
    "json": (st.sampled_from((*JSON, "1e400", '"\\u0000"', '{"a": 1, "a": 2}')), ["'{}'"]),
    "jsonb": (st.sampled_from(JSON), ["'{}'"]),
    "jsonpath": (_said("$.a"), []),
    "uuid": (st.uuids().map(str), ["gen_random_uuid()"]),
    "integer[]": (_said("{1,2}", "{}", "{{1,2},{3,NULL}}", "[0:1]={1,2}"), ["'{}'"]),
    "text[]": (_said('{a,"b,c"}', "{NULL}", '{{"%s :x"}}'), ["ARRAY[]::text[]"]),
    "text[3][3]": (_said("{{a},{b}}"), []),
    "bytea[]": (_said('{"\\\\x00"}'), []),
    "timestamptz[]": (_said("{infinity}"), []),
    "mood[]": (_said("{sad}"), []),
    "place[]": (_said('{"(1,a)"}'), []),
    "inet": (_said("1.2.3.4/24", "::1"), []),
    "cidr": (_said("10.0.0.0/8", "2001:db8::/32"), []),
    "macaddr": (_said("08:00:2b:01:02:03"), []),
    "macaddr8": (_said("08:00:2b:01:02:03:04:05"), []),
    "tsvector": (_said("a:1 b:2A", ""), []),
    "tsquery": (_said("a & !b"), []),
    "int4range": (_said("[1,5)", "empty", "(,)"), []),
    "numrange": (_said("[1.5,)"), []),
    "tstzrange": (_said("[2013-01-01,infinity)"), []),
    "daterange": (_said("[0044-03-15 BC,)"), []),
    "int8multirange": (_said("{[1,2),[5,9)}"), []),
    "xml": (_said("<a/>", "a &lt; b"), []),
    "money": (_said("12.5", "-92233720368547758.08"), []),
    "bit(3)": (_said("101"), []),
    "varbit": (_said("1", ""), []),
    "point": (pairs, []),
    "line": (_said("{1,2,3}"), []),
    "lseg": (_said("[(1,2),(3,4)]"), []),
    "box": (_said("(1,2),(3,4)"), []),
    "path": (_said("[(1,2)]"), []),
    "polygon": (_said("((1,2),(3,4))"), []),
    "circle": (_said("<(1,2),3>"), []),
    "oid": (st.integers(0, 2**32 - 1), []),
    "regclass": (_said("pg_class", "pg_type"), []),
    "xid": (_said("7"), []),
    "pg_lsn": (_said("16/B374D848"), []),
    "pg_snapshot": (_said("10:20:10,14"), []),
    "hstore": (_said("a=>1,b=>NULL"), ["''"]),
    "ltree": (_said("a.b"), []),
    "mood": (_said("sad", "it's ok", "%s, :x"), ["'sad'"]),
    '"Odd Type"': (_said(""), []),
    "place": (_said("(1,a)", '(,"b,""c")'), ["ROW(1, 'a')::place"]),
    "posint": (st.integers(1, 9), []),
    "filled": (_said("x"), []),
    "moods": (_said("sad"), []),
    "nested": (st.integers(1, 9), ["3"]),
    "days": (days, []),
    "list": (_said("{1,2}"), []),
}
KEYS = ["integer", "integer", "integer", "bigint", "serial", "text", "varchar(20)", "char(5)",
        "numeric", "numeric(10,2)", "real", "double precision", "date", "timestamp", "timestamptz",
        "time", "interval", "bytea", "uuid", "boolean", "inet", "jsonb", "integer[]", "int4range",
        "mood", "timetz", "citext", "posint", "moods", "days", '"char"', "name", "oid", "money",
        "bit(3)", "place", "macaddr", "tsvector", "hstore", "ltree", "bpchar", "filled", "list",
        "mood[]", "tstzrange", 'text COLLATE "C"']  # fmt: skip

SET_UP = (
    "CREATE EXTENSION citext",
    "CREATE EXTENSION hstore",
    "CREATE EXTENSION ltree",
    "CREATE TYPE mood AS ENUM ('sad', 'it''s ok', '%s, :x')",
    "CREATE TYPE \"Odd Type\" AS ENUM ('')",
    'CREATE TYPE place AS (x integer, "%s :x" text)',
    "CREATE DOMAIN posint AS integer CHECK (value > 0)",
    "CREATE DOMAIN filled AS varchar(20) DEFAULT 'x' NOT NULL",
    "CREATE DOMAIN moods AS mood",
    "CREATE DOMAIN nested AS posint CHECK (value < 10)",
    "CREATE DOMAIN days AS date",
    "CREATE DOMAIN list AS integer[]",
    "CREATE SCHEMA other",
    'CREATE SCHEMA "a.b %s"',
    """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no %% :x'; END $$""",
    """CREATE FUNCTION ignore() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RETURN NULL; END $$""",
    """CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM gone FROM nowhere; RETURN NEW; END $$""",
    """CREATE FUNCTION fail(anyelement) RETURNS integer LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no %% :x'; END $$""",
)

MADE = (
    "integer GENERATED ALWAYS AS (1 + 1) STORED",
    "integer GENERATED ALWAYS AS IDENTITY",
    "bigint GENERATED BY DEFAULT AS IDENTITY",
    "text GENERATED ALWAYS AS (CASE WHEN {a} IS NULL THEN '%s' ELSE ':x' END) STORED",
    "mood GENERATED ALWAYS AS ('sad'::mood) STORED",
)
RULES = (
    "CHECK ({a} IS NOT NULL OR {b} IS NULL OR true)",
    "CONSTRAINT {a} CHECK ({a}::text <> '%(y)s :z?')",
    "CHECK ({a}::text IN ('a', 'b''c', ':x', '%s', '') OR true)",
)
OTHERS = (
    "CREATE VIEW {n} AS SELECT * FROM {t}",
    "CREATE VIEW {n} AS SELECT {a}, count(*) AS \"a b\" FROM {t} GROUP BY {a}",
    "CREATE VIEW {n} AS SELECT x AS x, y AS y FROM {t} x, {u} y",
    "CREATE VIEW {n} AS SELECT 1, NULL, 'x', ARRAY[1], now()",
    'CREATE VIEW "over" AS SELECT * FROM {t}',
    'CREATE VIEW {n} AS SELECT * FROM "over"',
    "CREATE VIEW {n} AS SELECT 1 / (length({a}::text) * 0) AS x FROM {t}",
    "CREATE VIEW {n} AS SELECT fail({a}) AS x FROM {t}",
    "CREATE VIEW {n} AS SELECT {a}::text::integer AS x FROM {t}",
    "CREATE VIEW {n} AS SELECT {a}::text::jsonb AS x, row_to_json(t) AS y FROM {t} t",
    "CREATE MATERIALIZED VIEW {n} AS SELECT * FROM {t}",
    "CREATE MATERIALIZED VIEW {n} AS SELECT * FROM {t} WITH NO DATA",
    "CREATE TABLE other.{t} (LIKE {u} INCLUDING ALL)",
    'CREATE TABLE "a.b %s".{n} (id integer PRIMARY KEY, r integer REFERENCES "a.b %s".{n})',
    'INSERT INTO "a.b %s".{n} VALUES (1, 1)',
    "CREATE TABLE {n} (id integer, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
    "CREATE TABLE halves (id integer PRIMARY KEY, v text) PARTITION BY HASH (id)",
    "CREATE TABLE {n} PARTITION OF halves FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
    "INSERT INTO halves VALUES (1, 'a'), (2, NULL)",
    "CREATE TABLE {n} () INHERITS ({t})",
    "INSERT INTO {t} DEFAULT VALUES",
    "CREATE TABLE {n} ()",
    "CREATE TABLE {n} (LIKE {t} INCLUDING ALL, {n} mood[])",
    "CREATE UNLOGGED TABLE {n} AS SELECT * FROM {t}",
    "CREATE INDEX {n} ON {t} (lower({a}::text), {b} DESC)",
    "CREATE UNIQUE INDEX {n} ON {t} ({a}) WHERE {b} IS NOT NULL",
    "CREATE UNIQUE INDEX {n} ON {t} (({a}::text)) INCLUDE ({b})",
    "ALTER TABLE {t} ADD UNIQUE ({a}, {b}) DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE {t} ADD UNIQUE NULLS NOT DISTINCT ({a})",
    "ALTER TABLE {t} ADD EXCLUDE USING gist ({a} WITH &&)",
    "ALTER TABLE {t} ADD FOREIGN KEY ({a}) REFERENCES {u} ON DELETE CASCADE DEFERRABLE",
    "ALTER TABLE {t} ADD FOREIGN KEY ({a}) REFERENCES {u} NOT VALID",
    "ALTER TABLE {t} ADD FOREIGN KEY ({a}, {b}) REFERENCES {u} ON UPDATE CASCADE",
    "ALTER TABLE {t} DROP COLUMN {a}",
    "ALTER TABLE {t} ADD COLUMN {n} text DEFAULT 'x' NOT NULL",
    "COMMENT ON TABLE {t} IS '<b>%s</b>'",
    "COMMENT ON COLUMN {t}.{a} IS ':x \"'",
    "CREATE TRIGGER {n} BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION refuse()",
    "CREATE TRIGGER {n} BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION ignore()",
    "CREATE TRIGGER {n} BEFORE INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION ignore()",
    "CREATE TRIGGER {n} BEFORE DELETE ON {t} FOR EACH ROW EXECUTE FUNCTION ignore()",
    "CREATE TRIGGER {n} AFTER INSERT OR UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION break()",
    "CREATE CONSTRAINT TRIGGER {n} AFTER UPDATE ON {t} DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION refuse()",
    "CREATE RULE {n} AS ON DELETE TO {t} DO INSTEAD NOTHING",
    "CREATE RULE {n} AS ON INSERT TO {t} DO INSTEAD NOTHING",
    "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY",
    "ANALYZE",
)  # fmt: skip

SYSTEM = ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid")

POSTGRESQL = Kind(TYPES, KEYS, lambda name: name, MADE, RULES, OTHERS, no_columns=SYSTEM)

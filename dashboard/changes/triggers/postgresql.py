"""PostgreSQL: the function and the triggers of a table.

The triggers run once for a statement, over its old and new rows: that costs a fraction of what a
trigger for each row does. Where PostgreSQL can't give those rows, for partitioned and inherited
tables, they run for each row.
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from sqlalchemy import Connection, text

from dashboard.changes.triggers.encoding import literal, quoted
from dashboard.changes.triggers.noted import Noted
from dashboard.changes.triggers.sleep import AWAKE_UNTIL, CHANNEL

CAPTURED = "dashboard.captured"
"""What is set to ``on`` in the sessions of those who log their changes themselves."""

TOLD = "dashboard: noted"
"""What a trigger tells such a session, so that it knows that there are notes of its own."""

SAFE = "search_path = pg_catalog, pg_temp"
SETTINGS = (
    "timezone = 'UTC'",
    "datestyle = 'ISO, MDY'",
    "intervalstyle = 'postgres'",
    "extra_float_digits = 1",
    "bytea_output = 'hex'",
)
"""What the texts in a row may depend on must not be the writer's choice. Each costs something."""

INDEPENDENT = (
    "bool", "int2", "int4", "int8", "numeric", "text", "varchar", "bpchar", "uuid", "date",
    "timestamp", "time", "json", "jsonb",
)  # fmt: skip
"""Types whose JSON depends on none of them."""


TRIGGERS = ("dashboard_insert", "dashboard_update", "dashboard_delete", "dashboard_truncate")


class Place(NamedTuple):
    """Where a table is: its schema and name, and whether its triggers must run for each row."""

    schema: str
    name: str
    by_row: bool
    unknown: tuple[str, ...]
    """Its columns that aren't to be noted."""

    plain: bool
    """Whether all of its columns are of types whose JSON depends on no setting."""

    @property
    def sql(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def place_of(connection: Connection, noted: Noted) -> Place | None:
    """Find a table; None where there is none, or it is no table."""
    name = connection.dialect.identifier_preparer.format_table(noted.table)
    row = connection.execute(
        text(
            "SELECT c.oid, n.nspname, c.relname, c.relkind = 'p' OR c.relispartition "
            "OR EXISTS (SELECT 1 FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent)) "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.oid = to_regclass(:name) AND c.relkind IN ('r', 'p')"
        ),
        {"name": name},
    ).first()
    if row is None:
        return None
    columns = connection.execute(
        text(
            "SELECT attname, typname = ANY (:independent) OR typtype = 'e' FROM pg_attribute "
            "JOIN pg_type t ON t.oid = atttypid "
            "WHERE attrelid = :oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        ),
        {"oid": row[0], "independent": list(INDEPENDENT)},
    ).all()
    unknown = tuple(name for name, _ in columns if name not in noted.stored)
    return Place(row[1], row[2], row[3], unknown, all(plain for _, plain in columns))


def own_schema(connection: Connection) -> str:
    """Return the schema in which the program's own tables are, as SQL has it."""
    name = connection.execute(
        text(
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.oid = to_regclass('dashboard_change_note')"
        )
    ).scalar_one()
    return quoted(name)


def function_name(place: Place) -> str:
    """Return a name that fits into PostgreSQL's 63 bytes and is the table's alone."""
    digest = crc32(place.sql.encode())
    return f"dashboard_note_{digest:08x}"


def create(connection: Connection, noted: Noted, place: Place) -> dict[str, str]:
    """Return the statements that make the function and the triggers, by their names.

    A table may be changed after that: columns are named only where it has them, so that
    nothing that is written to it fails for a trigger.
    """
    own = own_schema(connection)
    function = f"{own}.{quoted(function_name(place))}"
    made = {function: _function(noted, place, own, function)}
    for event in ("insert", "update", "delete"):
        timing = f"AFTER {event.upper()} ON {place.sql}"
        how = "FOR EACH ROW" if place.by_row else f"{_rows(event)} FOR EACH STATEMENT"
        made[f"dashboard_{event}"] = _trigger(f"dashboard_{event}", timing, how, function)
    timing = f"BEFORE TRUNCATE ON {place.sql}"
    made["dashboard_truncate"] = _trigger(
        "dashboard_truncate", timing, "FOR EACH STATEMENT", function
    )
    return made


def _rows(event: str) -> str:
    old = "OLD TABLE AS old_rows" if event != "insert" else ""
    new = "NEW TABLE AS new_rows" if event != "delete" else ""
    return f"REFERENCING {old} {new}"


def _trigger(name: str, timing: str, how: str, function: str) -> str:
    return f"CREATE TRIGGER {quoted(name)} {timing} {how} EXECUTE FUNCTION {function}()"


def _function(noted: Noted, place: Place, own: str, function: str) -> str:
    old = "(SELECT OLD.*)" if place.by_row else "old_rows"
    new = "(SELECT NEW.*)" if place.by_row else "new_rows"
    note = f"INSERT INTO {own}.dashboard_change_note"
    note += " (table_name, op, key, before, transaction, actor, at)"
    every = "pg_current_xact_id()::text::bigint, writer, extract(epoch FROM clock_timestamp())"
    table = literal(noted.fullname)
    only = place.sql if place.by_row else f"ONLY {place.sql}"
    # A simple look-up by an index for each, and no aggregate: every statement pays for it.
    missing = " OR ".join(
        f"NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = TG_RELID "
        f"AND attname = {literal(name)})"
        for name in noted.key_names
    )
    body = f"""
DECLARE
  writer text := session_user || coalesce(
    ' (' || nullif(current_setting('application_name', true), '') || ')', '');
BEGIN
  IF {missing} THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'INSERT' THEN
    {note} SELECT {table}, 'I', {_key("r", noted)}, NULL, {every} FROM {new} r;
  ELSIF TG_OP = 'UPDATE' THEN
    {note} SELECT {table},
      CASE WHEN n.key IS NULL THEN 'D' WHEN o.key IS NULL THEN 'I' ELSE 'U' END,
      coalesce(o.key, n.key), o.before, {every}
      FROM (SELECT {_key("r", noted)} AS key, {_before("r", place)} AS before FROM {old} r) o
      FULL JOIN (SELECT {_key("r", noted)} AS key FROM {new} r) n ON n.key = o.key;
  ELSIF TG_OP = 'DELETE' THEN
    {note} SELECT {table}, 'D', {_key("r", noted)}, {_before("r", place)}, {every} FROM {old} r;
  ELSE
    {note} SELECT {table}, 'D', {_key("r", noted)}, {_before("r", place)}, {every} FROM {only} r;
  END IF;
  IF current_setting('{CAPTURED}', true) = 'on' THEN
    RAISE INFO '{TOLD}';
  ELSIF NOT EXISTS (SELECT 1 FROM {own}.dashboard_setting WHERE name = '{AWAKE_UNTIL}'
      AND value::float8 > extract(epoch FROM clock_timestamp())) THEN
    PERFORM pg_notify('{CHANNEL}', '');
  END IF;
  RETURN NULL;
END
"""
    needed = (SAFE,) if place.plain else (SAFE, *SETTINGS)
    settings = " ".join(f"SET {each}" for each in needed)
    return (
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql "
        f"SECURITY DEFINER {settings} AS {literal(body)}"
    )


def _key(row: str, noted: Noted) -> str:
    pairs = (f"{literal(name)}, {row}.{quoted(name)}" for name in noted.key_names)
    return f"jsonb_build_object({', '.join(pairs)})"


def _before(row: str, place: Place) -> str:
    whole = f"to_jsonb({row})"
    if not place.unknown:
        return whole
    return f"{whole} - ARRAY[{', '.join(literal(name) for name in place.unknown)}]"


def drops(connection: Connection) -> list[str]:
    """Return the statements that drop every function of the program, and so its triggers."""
    names = connection.execute(
        text(
            "SELECT p.proname FROM pg_proc p JOIN pg_class c ON c.relnamespace = p.pronamespace "
            "WHERE c.oid = to_regclass('dashboard_change_note') "
            "AND p.proname ~ '^dashboard_note_[0-9a-f]{8}$'"
        )
    ).scalars()
    own = own_schema(connection)
    return [f"DROP FUNCTION {own}.{quoted(name)}() CASCADE" for name in names]


class Installed(NamedTuple):
    """What there is of a table's function and triggers."""

    function: str | None
    triggers: set[str]

    def is_that_of(self, wanted: dict[str, str]) -> bool:
        """Tell whether that is what ``create`` would make."""
        triggers = {name for name, sql in wanted.items() if sql.startswith("CREATE TRIGGER")}
        bodies = [sql for name, sql in wanted.items() if name not in triggers]
        return triggers == self.triggers and all(
            self.function is not None and literal(self.function) in sql for sql in bodies
        )


def installed(connection: Connection, place: Place) -> Installed:
    """Return what a table has of the program's triggers that are in force."""
    function = connection.execute(
        text(
            "SELECT prosrc FROM pg_proc WHERE proname = :name AND pronamespace = "
            "(SELECT relnamespace FROM pg_class WHERE oid = to_regclass('dashboard_change_note'))"
        ),
        {"name": function_name(place)},
    ).scalar()
    triggers = connection.execute(
        text(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(:table) "
            "AND NOT tgisinternal AND tgenabled <> 'D' AND tgname = ANY (:names)"
        ),
        {"table": place.sql, "names": list(TRIGGERS)},
    ).scalars()
    return Installed(function, {*triggers})

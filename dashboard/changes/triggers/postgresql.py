"""PostgreSQL: the function and the triggers of a table.

The triggers run once for a statement, over its old and new rows: that costs a fraction of what a
trigger for each row does. Where PostgreSQL can't give those rows, for partitioned and inherited
tables, they run for each row.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

from dashboard.changes.triggers.encoding import literal, quoted
from dashboard.changes.triggers.noted import Noted
from dashboard.changes.triggers.postgresql_place import (
    Place,
    digest,
    function_name,
    own_schema,
    parents,
)

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


def create(connection: Connection, noted: Noted, place: Place) -> dict[str, str]:
    """Return the statements that make the function and the triggers, by their names.

    A table may be changed after that: columns are named only where it has them, so that
    nothing that is written to it fails for a trigger.
    """
    own = own_schema(connection)
    function = f"{own}.{quoted(function_name(place.sql))}"
    made = {function: _function(noted, place, own, function)}
    for table in (place.sql, *place.children):
        for event in ("insert", "update", "delete"):
            how = "FOR EACH ROW" if place.by_row else f"{_rows(event)} FOR EACH STATEMENT"
            made |= _trigger(place, table, f"AFTER {event.upper()}", how, function)
        made |= _trigger(place, table, "BEFORE TRUNCATE", "FOR EACH STATEMENT", function)
    return made


def _rows(event: str) -> str:
    old = "OLD TABLE AS old_rows" if event != "insert" else ""
    new = "NEW TABLE AS new_rows" if event != "delete" else ""
    return f"REFERENCING {old} {new}"


def _trigger(place: Place, table: str, timing: str, how: str, function: str) -> dict[str, str]:
    """Return what makes a trigger, by its name and table.

    It fires for those as well who write as a replica, where it's the table's owner who makes it.
    A partition has its parent's triggers, and those of its own by other names.
    """
    name = f"dashboard_{timing.split()[1].lower()}_{digest(place.sql)}"
    always = f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
    block = f"BEGIN {always} EXCEPTION WHEN insufficient_privilege THEN NULL; END"
    return {
        f"{name} ON {table}": f"CREATE TRIGGER {name} {timing} ON {table} {how} "
        f"EXECUTE FUNCTION {function}(); DO {literal(block)}"
    }


def _function(noted: Noted, place: Place, own: str, function: str) -> str:
    old = "(SELECT OLD.*)" if place.by_row else "old_rows"
    new = "(SELECT NEW.*)" if place.by_row else "new_rows"
    note = f"INSERT INTO {own}.dashboard_change_note"
    note += " (table_name, op, key, before, transaction, actor, at)"
    table = literal(noted.fullname)
    every = "noting.xid, noting.writer, noting.at"
    gone = f"{note} SELECT {table}, 'D', r.key, r.before, {every} FROM"
    # Columns of the table may have any names, those of the variables as well.
    body = f"""
#variable_conflict use_column
<<noting>>
DECLARE
  writer text := session_user || coalesce(
    ' (' || nullif(current_setting('application_name', true), '') || ')', '');
  xid bigint := pg_current_xact_id()::text::bigint;
  at float8 := date_part('epoch', clock_timestamp());
BEGIN
  IF TG_OP = 'INSERT' THEN
    {note} SELECT {table}, 'I', r.key, NULL, {every} FROM {_rows_of(new, noted, place)} r;
  ELSIF TG_OP = 'UPDATE' THEN
    {note} SELECT {table},
      CASE WHEN n.key IS NULL THEN 'D' WHEN o.key IS NULL THEN 'I' ELSE 'U' END,
      coalesce(o.key, n.key), o.before, {every}
      FROM {_rows_of(old, noted, place, before=True)} o
      FULL JOIN {_rows_of(new, noted, place)} n ON n.key = o.key;
  ELSIF TG_OP = 'DELETE' THEN
    {gone} {_rows_of(old, noted, place, before=True)} r;
  ELSE
    {_truncate(noted, place, note)}
  END IF;
  IF current_setting('{CAPTURED}', true) = 'on' THEN
    RAISE INFO '{TOLD}';
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


def _truncate(noted: Noted, place: Place, note: str) -> str:
    """Note all rows of the table that is truncated: itself, or one that inherits from it."""
    here = "@"
    rows = _rows_of(f"ONLY {here}" if place.children else here, noted, place, before=True)
    statement = f"{note} SELECT {literal(noted.fullname)}, 'D', r.key, r.before, $1, $2, $3 FROM "
    before, after = rows.split(f"{here} every", 1)
    return (
        f"EXECUTE {literal(statement + before)} || TG_RELID::regclass || "
        f"{literal(' every' + after + ' r')} USING xid, writer, at;"
    )


def _rows_of(rows: str, noted: Noted, place: Place, *, before: bool = False) -> str:
    """Return the keys of rows, and with ``before`` what they are before their change.

    A column that the table doesn't have any more is that of ``gone``: without a part of the key
    there are no rows, rather than an error for the writer.
    """
    named = noted.stored if before and place.texts else noted.key_names
    gone = ", ".join(f"NULL AS {quoted(name)}" for name in named)
    pairs = ", ".join(f"{literal(name)}, {_value(name, place)}" for name in noted.key_names)
    whole = f", {_before(noted, place)} AS before" if before else ""
    there = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in noted.key_names)
    return (
        f"(SELECT one.* FROM (SELECT {gone}) gone, LATERAL (SELECT jsonb_build_object({pairs}) "
        f"AS key{whole} FROM {rows} every WHERE {there}) one)"
    )


def _value(name: str, place: Place) -> str:
    return f"{quoted(name)}::text" if name in place.texts else quoted(name)


def _before(noted: Noted, place: Place) -> str:
    if place.texts:
        values = (f"{_value(name, place)} AS {quoted(name)}" for name in noted.stored)
        return f"(SELECT to_jsonb(picked.*) FROM (SELECT {', '.join(values)}) picked)"
    whole = "to_jsonb(every.*)"
    if not place.unknown:
        return whole
    return f"{whole} - ARRAY[{', '.join(literal(name) for name in place.unknown)}]"


_OURS = (
    "p.proname ~ '^dashboard_note_[0-9a-f]{8}$' AND p.pronamespace = "
    "(SELECT relnamespace FROM pg_class WHERE oid = to_regclass('dashboard_change_note'))"
)


def drops(connection: Connection, place: Place) -> list[str]:
    """Return the statements that take a table's triggers away, made for it under whatever name."""
    others = parents(connection, place.oid).values()
    names = connection.execute(
        text(
            "SELECT DISTINCT proname FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid "
            f"WHERE tgrelid = :oid AND tgparentid = 0 AND proname <> ALL (:parents) AND {_OURS}"
        ),
        {"oid": place.oid, "parents": [function_name(each) for each in others]},
    ).scalars()
    own = own_schema(connection)
    functions = {function_name(place.sql), *names}
    return [f"DROP FUNCTION IF EXISTS {own}.{quoted(each)}() CASCADE" for each in functions]


def all_drops(connection: Connection) -> list[str]:
    """Return the statements that drop every function of the program, and so its triggers."""
    names = connection.execute(text(f"SELECT proname FROM pg_proc p WHERE {_OURS}")).scalars()
    own = own_schema(connection)
    return [f"DROP FUNCTION {own}.{quoted(name)}() CASCADE" for name in names]


def any_installed(connection: Connection) -> bool:
    """Tell whether any table has triggers of the program."""
    found = connection.execute(text(f"SELECT EXISTS (SELECT FROM pg_proc p WHERE {_OURS})"))
    return bool(found.scalar())


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
        {"name": function_name(place.sql)},
    ).scalar()
    triggers = connection.execute(
        text(
            "SELECT tgname, nspname, relname FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid "
            "JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE NOT tgisinternal AND tgparentid = 0 AND tgenabled IN ('O', 'A') "
            f"AND proname = :name AND {_OURS}"
        ),
        {"name": function_name(place.sql)},
    )
    places = {f"{name} ON {quoted(schema)}.{quoted(table)}" for name, schema, table in triggers}
    return Installed(function, places)

"""What a PostgreSQL database has, by its catalogs: they say names as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from dashboard.catalog.reflection.postgresql_types import LOOSE, Cast, EnumDomain, type_of
from dashboard.catalog.reflection.relation import (
    OWN,
    Check,
    ColumnFacts,
    ForeignKey,
    Relation,
)

KINDS = {
    "r": "table",
    "p": "table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}
ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT", "r": "RESTRICT", "a": "NO ACTION"}

_RELATIONS = sa.text(
    """
    SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
        c.relispartition AS part, c.relispopulated AS populated, c.relrowsecurity AS guarded,
        obj_description(c.oid, 'pg_class') AS comment,
        has_any_column_privilege(c.oid, 'INSERT') AND has_any_column_privilege(c.oid, 'UPDATE')
            AND has_table_privilege(c.oid, 'DELETE') AS writable
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
        AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
        AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        -- What belongs to an extension is its own affair.
        AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'
            AND d.classid = 'pg_class'::regclass
        )
    ORDER BY n.nspname <> current_schema(), n.nspname, c.relname
    """
)
_COLUMNS = sa.text(
    """
    SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS name, a.atttypid AS type,
        a.attnotnull AS filled, a.attidentity::text AS identity,
        a.attgenerated::text AS generated, format_type(a.atttypid, a.atttypmod) AS spec,
        pg_get_expr(d.adbin, d.adrelid) AS default_,
        coalesce(NOT l.collisdeterministic, false) AS folded,
        col_description(a.attrelid, a.attnum) AS comment
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attrelid = ANY(:oids) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum
    """
)
_TYPES = sa.text(
    """
    SELECT oid, typname AS name, typtype::text AS kind, typbasetype AS base,
        format_type(typbasetype, typtypmod) AS spec, typnotnull AS filled,
        typdefault IS NOT NULL AS has_default
    FROM pg_type WHERE typtype IN ('b', 'e', 'd')
    """
)
_LABELS = sa.text(
    "SELECT enumtypid AS type, enumlabel AS label FROM pg_enum ORDER BY enumsortorder"
)
_CONSTRAINTS = sa.text(
    """
    SELECT conrelid AS relation, contype::text AS kind, conname AS name, conkey::int[] AS columns,
        confrelid AS target, confkey::int[] AS referred, confdeltype::text AS on_delete,
        confupdtype::text AS on_update, condeferrable AS deferrable,
        pg_get_expr(conbin, conrelid) AS rule
    FROM pg_constraint WHERE conrelid = ANY(:oids) AND contype IN ('p', 'u', 'f', 'c')
    ORDER BY conrelid, conname
    """
)
_ATTRIBUTES = sa.text(
    """
    SELECT c.oid AS relation, n.nspname AS schema, c.relname AS relation_name,
        a.attnum AS number, a.attname AS name
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attrelid = ANY(:oids) AND a.attnum > 0
    """
)


class PostgreSQL:
    """Asks a PostgreSQL database."""

    def default_schema(self, connection: Connection) -> str:
        return str(connection.scalar(sa.select(sa.func.current_schema())))

    def fold(self, name: str) -> str:
        return name

    def relations(self, connection: Connection) -> list[Relation]:
        return [
            Relation(
                row.schema,
                row.name,
                kind=KINDS[row.kind],
                # The rows of a partition are those of its table, and a materialized view that was
                # never refreshed can't be read.
                listed=not row.part and row.populated and not row.name.startswith(OWN),
                writable=row.writable and row.kind in ("r", "p"),
                guarded=row.guarded,
                comment=row.comment,
            )
            for row in connection.execute(_RELATIONS)
        ]

    def described(self, connection: Connection, chosen: Sequence[Relation]) -> list[Relation]:
        oids = {(row.schema, row.name): row.oid for row in connection.execute(_RELATIONS)}
        facts = _Facts(connection, [oids[each.place] for each in chosen if each.place in oids])
        found = (facts.of(each, oids[each.place]) for each in chosen if each.place in oids)
        return [each for each in found if each.columns]


class _Facts:
    """The columns, types and constraints of some relations, each read once for all of them."""

    def __init__(self, connection: Connection, oids: list[int]) -> None:
        self._types = {row.oid: row for row in connection.execute(_TYPES)}
        self._labels: dict[int, list[str]] = defaultdict(list)
        for row in connection.execute(_LABELS):
            self._labels[row.type].append(row.label)
        self._columns: dict[int, list[Any]] = defaultdict(list)
        for row in connection.execute(_COLUMNS, {"oids": oids}):
            self._columns[row.relation].append(row)
        self._constraints: dict[int, list[Any]] = defaultdict(list)
        targets = set(oids)
        for row in connection.execute(_CONSTRAINTS, {"oids": oids}):
            self._constraints[row.relation].append(row)
            targets.add(row.target)
        # What is referred to needn't be among the relations that were asked for.
        self._places: dict[int, tuple[str, str]] = {}
        self._names: dict[tuple[int, int], str] = {}
        for row in connection.execute(_ATTRIBUTES, {"oids": list(targets)}):
            self._places[row.relation] = (row.schema, row.relation_name)
            self._names[row.relation, row.number] = row.name

    def of(self, relation: Relation, oid: int) -> Relation:
        constraints = self._constraints[oid]
        keys = [self._named(oid, each.columns) for each in constraints if each.kind == "p"]
        key = keys[0] if keys else ()
        references = tuple(self._foreign_keys(oid, constraints))
        naming = {*key, *(name for each in references for name in each.columns)}
        columns = tuple(self._column(row, in_key=row.name in naming) for row in self._columns[oid])
        counted = [row.name for row in self._columns[oid] if row.name in key and _counts(row)]
        return replace(
            relation,
            columns=columns,
            key=key,
            counts=counted[0] if len(key) == 1 and counted else None,
            foreign_keys=references,
            uniques=tuple(
                self._named(oid, each.columns) for each in constraints if each.kind == "u"
            ),
            checks=tuple(Check(each.name, each.rule) for each in constraints if each.kind == "c"),
        )

    def _named(self, oid: int, numbers: Sequence[int]) -> tuple[str, ...]:
        return tuple(self._names[oid, number] for number in numbers)

    def _column(self, row: Any, *, in_key: bool) -> ColumnFacts:
        type_, spec, filled, default = self._types.get(row.type), row.spec, row.filled, row.default_
        has_default = default is not None or row.identity != ""
        outer = spec
        while type_ is not None and type_.kind == "d":  # A domain is what it's made of.
            filled = filled or type_.filled
            has_default = has_default or type_.has_default
            spec = type_.spec
            type_ = self._types.get(type_.base)
        info: dict[str, Any] = {}
        if type_ is not None and type_.kind == "e":
            sql: Any = Cast(sa.String(), outer) if spec == outer else EnumDomain(outer, spec)
            info["choices"] = self._labels[type_.oid]
        else:
            name = "" if type_ is None else type_.name
            sql = type_of(name, spec, in_key=in_key, folded=row.folded)
            if name in LOOSE:
                info["typing"] = "loose"
        return ColumnFacts(
            name=row.name,
            type=sql,
            nullable=not filled,
            default=has_default,
            made=row.generated != "" or row.identity == "a",
            comment=row.comment,
            info=info,
        )

    def _foreign_keys(self, oid: int, constraints: Sequence[Any]) -> Iterator[ForeignKey]:
        for each in constraints:
            if each.kind == "f":
                yield ForeignKey(
                    columns=self._named(oid, each.columns),
                    target=self._places[each.target],
                    referred=self._named(each.target, each.referred),
                    ondelete=ACTIONS[each.on_delete],
                    onupdate=ACTIONS[each.on_update],
                    deferrable=each.deferrable,
                )


def _counts(row: Any) -> bool:
    """Tell whether a column takes its value from a sequence of its own."""
    return row.identity != "" or (row.default_ or "").startswith("nextval(")

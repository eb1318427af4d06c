"""What can be told of a statement before it runs: which keys it names.

SQLAlchemy has no public accessors for the values of an INSERT or UPDATE, so this module is the
one place that reads their private attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList

from dashboard.changes.capture.watched import Key, Watched

Parameters = Mapping[str, Any]


def written_table(statement: sa.Insert | sa.Update | sa.Delete) -> Any:
    """Return what the statement writes to.

    The ORM sends one INSERT of a class in joined tables to each of them, and notes there which.
    """
    return statement._annotations.get("_emit_insert_table", statement.table)


def keys_in_where(
    watched: Watched, statement: sa.Update | sa.Delete, sets: Sequence[Parameters]
) -> list[Key] | None:
    """Return the keys that ``WHERE key = ?`` names for each set of parameters.

    None where the clause isn't a conjunction that fixes every key column; further conditions
    are left out, since looking at a row too many does no harm.
    """
    binds: dict[str, BindParameter[Any]] = {}
    for clause in _conjuncts(statement._where_criteria):
        if isinstance(clause, BinaryExpression) and clause.operator is operators.eq:
            left, right = clause.left, clause.right
            if isinstance(left, sa.Column) and isinstance(right, BindParameter):
                binds[left.name] = right
    if not all(column.name in binds for column in watched.key):
        return None
    ordered = [binds[column.name] for column in watched.key]
    return [tuple(_bound(bind, each) for bind in ordered) for each in sets]


def _conjuncts(clauses: Iterable[Any]) -> Iterator[Any]:
    for clause in clauses:
        if isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
            yield from _conjuncts(clause.clauses)
        else:
            yield clause


def _bound(bind: BindParameter[Any], parameters: Parameters) -> Any:
    return parameters.get(bind.key, bind.effective_value)


def written_values(
    watched: Watched, statement: sa.Insert | sa.Update, sets: Sequence[Parameters]
) -> list[dict[str, Any]]:
    """Return what the statement writes, by column name, for each row or set of parameters.

    A value that only the database can compute is an SQL expression.
    """
    columns = watched.names_by_key
    own = _own_values(statement, columns)
    return [
        {
            **each_own,
            **{columns[key]: value for key, value in each.items() if key in columns},
        }
        for each_own in own
        for each in sets
    ]


def _own_values(statement: sa.Insert | sa.Update, names: Mapping[str, str]) -> list[dict[str, Any]]:
    multiple: Any = getattr(statement, "_multi_values", ())
    rows = [row for rows in multiple for row in rows] if multiple else [statement._values or {}]
    return [
        {
            getattr(column, "name", names.get(column, str(column))): (
                value.effective_value if isinstance(value, BindParameter) else value
            )
            for column, value in _pairs(statement, row)
        }
        for row in rows
    ]


def _pairs(statement: Any, row: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(row, Mapping):
        yield from row.items()
    else:  # VALUES given by position
        yield from zip(statement.table.columns, row, strict=False)


def keys_in_values(watched: Watched, rows: Sequence[Mapping[str, Any]]) -> list[Key] | None:
    """Return the keys that written rows name, None where the database makes one of them."""
    names = [column.name for column in watched.key]
    if not all(_is_plain(row.get(name)) for row in rows for name in names):
        return None
    return [tuple(row[name] for name in names) for row in rows]


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, sa.ClauseElement)


def is_plain_insert(statement: sa.Insert) -> bool:
    """Tell whether the statement only adds rows whose keys its result will know."""
    return not (
        statement.select is not None
        or statement._inline
        or statement._returning
        or statement._post_values_clause is not None
        or statement._prefixes
        or getattr(statement, "_multi_values", ())
    )


def only_adds(statement: sa.Insert) -> bool:
    """Tell whether the statement leaves the rows that are there alone (it's no upsert)."""
    return statement._post_values_clause is None and not statement._prefixes


def conflict_columns(statement: sa.Insert, watched: Watched) -> list[sa.Column[Any]] | None:
    """Return the columns by which an upsert finds the row that is there already."""
    clause: Any = statement._post_values_clause
    elements = getattr(clause, "inferred_target_elements", None)
    if not elements:
        return None
    names = [str(getattr(each, "name", each)) for each in elements]
    known = watched.table.columns
    return [known[name] for name in names] if all(name in known for name in names) else None

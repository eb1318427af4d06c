"""A TableQuery as SQL: its conditions, its order, and the labels of what it refers to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import sqlalchemy as sa

from dashboard.catalog import Column, Table, VisibleCatalog
from dashboard.models.sqlite_values import Undecodable
from dashboard.queries.query import Cut, Field, Filter, Sort, TableQuery
from dashboard.queries.tokens import offset

Condition = sa.ColumnElement[bool]
Expression = sa.ColumnElement[Any]

Parts = dict[Hashable, Expression]


def label_key(name: str) -> Hashable:
    """Return where in a row that is which the record is called that the column refers to."""
    return "label of", name, ""


class Source:
    """A query's table with those that it refers to, each joined once, where it's needed."""

    def __init__(self, table: Table, catalog: VisibleCatalog) -> None:
        self._catalog = catalog
        self._joined: dict[str, tuple[Table, sa.FromClause]] = {}
        self.clause: sa.FromClause = table.sql

    def referred(self, column: Column) -> tuple[Table, sa.FromClause] | None:
        """Return what ``column`` refers to and its alias, None where that's out of sight."""
        found = self._joined.get(column.name)
        if found is None:
            table = self._catalog.referred(column)
            if table is None or column.reference is None:
                return None
            alias = table.sql.alias(f"referred_{len(self._joined)}")
            named = table.column(column.reference.column)
            if named is None:
                return None
            on = column.sql == alias.c[named.sql.key]
            self.clause = self.clause.outerjoin(alias, on)
            found = self._joined[column.name] = (table, alias)
        return found

    def expression(self, field: Field) -> Expression:
        """Return the SQL of a field's value, NULL where its reference names nothing."""
        if field.through is None:
            return comparable(field.column, field.column.sql)
        found = self.referred(field.through)
        if found is None:
            raise LookupError(f"What {field.through.name} refers to is out of sight.")
        return comparable(field.column, found[1].c[field.column.sql.key])

    def sees(self, field: Field) -> bool:
        return field.through is None or self.referred(field.through) is not None

    def labels(self, columns: Iterable[Column]) -> dict[str, Expression]:
        """Return the SQL for what the records that these columns refer to are called, by column."""
        found = ((each.name, self.referred(each)) for each in columns)
        return {name: label_of(*joined) for name, joined in found if joined is not None}

    def where(self, query: TableQuery) -> list[Condition]:
        """Return the conditions of the filters and of the search."""
        conditions = [condition(each, self.expression(each.field)) for each in query.filters]
        if not query.search:
            return conditions
        seen = (each for each in query.searched if self.sees(each))
        texts = [self.expression(each) for each in seen]
        texts += self.labels(query.table.references).values()
        return conditions + [_mentions(texts, word) for word in query.search.split()]


class Statement:
    """The SELECTs of one query of rows."""

    def __init__(self, query: TableQuery, catalog: VisibleCatalog) -> None:
        self._query = query
        self._catalog = catalog

    def rows(self) -> tuple[list[Hashable], sa.Select[Any]]:
        """Select one row more than the page holds, which tells whether there is a next one.

        Returns where in a row each of the columns belongs, and the SELECT.
        """
        query = self._query
        source = Source(query.table, self._catalog)
        order = [(each, source.expression(each.field)) for each in query.order]
        parts: Parts = {each.name: each.sql for each in query.table.public_columns}
        for field in (*query.columns, *(each.field for each in query.order)):
            if field.key not in parts:
                parts[field.key] = source.expression(field)
        for name, label in source.labels(query.labelled).items():
            parts[label_key(name)] = label
        where = source.where(query)
        statement = self._from(source, parts, where)
        if query.after is not None and query.table.key:
            statement = statement.where(follows(order, query.after))
        ordered = statement.order_by(*(ordering(sort.descending, each) for sort, each in order))
        if not query.table.key:
            ordered = ordered.offset(offset(query))
        return list(parts), ordered.limit(query.size + 1)

    def followed(self) -> sa.Select[Any]:
        """Select the sort values and the key of the record that the page follows."""
        source = Source(self._query.table, self._catalog)
        order = [(each, source.expression(each.field)) for each in self._query.order]
        named = [Field(each).key for each in self._query.table.order]
        where = [
            _same(expression, value)
            for (sort, expression), value in zip(order, self._query.after or (), strict=True)
            if sort.field.key in named
        ]
        parts: Parts = {each.field.key: expression for each, expression in order}
        return self._from(source, parts, where).limit(1)

    @staticmethod
    def _from(source: Source, parts: Parts, where: list[Condition]) -> sa.Select[Any]:
        # Columns may be called anything, so their names are no names for those of the result.
        columns = [each.label(f"part_{n}") for n, each in enumerate(parts.values())]
        return sa.select(*columns).select_from(source.clause).where(*where)

    def matching(self) -> sa.Select[Any]:
        """Select something of each row of every page, to be counted."""
        source = Source(self._query.table, self._catalog)
        where = source.where(self._query)
        return sa.select(sa.literal_column("1")).select_from(source.clause).where(*where)


def comparable(column: Column, expression: Expression) -> Expression:
    """Return a column's value as every database can compare it, which is a text for some."""
    if column.kind in ("other", "json") and column.typing == "strict":
        return sa.cast(expression, sa.Text)
    return expression


def label_of(table: Table, source: sa.FromClause) -> Expression:
    """Return the SQL for what a row of ``source``, an alias of ``table``, is called."""
    labels = filter(None, map(table.column, table.label_columns))
    columns = [comparable(each, source.c[each.sql.key]) for each in labels]
    if len(columns) == 1:
        return columns[0]
    texts = [sa.func.coalesce(_as_text(each), "") for each in columns]
    label: Any = texts[0]
    for text in texts[1:]:
        label = label.concat(" ").concat(text)
    return label


def _mentions(texts: Iterable[Expression], word: str) -> Condition:
    """Match a word in any of the texts."""
    return sa.or_(sa.false(), *(_like(text, word) for text in texts))


def condition(filter_: Filter, expression: Expression) -> Condition:
    """Return the SQL of one filter. Every value is a parameter; LIKE's wildcards are escaped."""
    return _CONDITIONS[filter_.op](expression, filter_.value)


def _like(column: Expression, text: str, before: str = "%", after: str = "%") -> Condition:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if not isinstance(column.type, sa.String) or isinstance(column.type, sa.Enum):
        column = _as_text(column)
    return column.ilike(f"{before}{escaped}{after}", escape="\\")


def _as_text(column: Expression) -> Expression:
    text = sa.cast(column, sa.String)
    # In some orders PostgreSQL doesn't look for a part of a text.
    collation = getattr(column.type, "like_collation", None)
    return text if collation is None else text.collate(collation)


_CONDITIONS: dict[str, Callable[[Expression, Any], Condition]] = {
    "exact": lambda column, value: column == value,
    "not": lambda column, value: column != value,
    "contains": _like,
    "startswith": lambda column, value: _like(column, value, before=""),
    "endswith": lambda column, value: _like(column, value, after=""),
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "in": lambda column, value: column.in_(value),
    "notin": lambda column, value: column.not_in(value),
    "isnull": lambda column, value: column.is_(None),
    "notnull": lambda column, value: column.is_not(None),
}


def ordering(descending: bool, expression: Expression) -> sa.UnaryExpression[Any]:
    """Order with NULL as the least value on every database, which is SQLite's own way.

    Of a column without NULL that isn't said: PostgreSQL would use no ordinary index for it.
    """
    column = expression if isinstance(expression, sa.Column) else None
    # That of an alias is NULL where an outer join finds nothing.
    if column is not None and not column.nullable and isinstance(column.table, sa.Table):
        return column.desc() if descending else column.asc()
    return expression.desc().nulls_last() if descending else expression.asc().nulls_first()


def follows(order: list[tuple[Sort, Expression]], values: tuple[Any, ...]) -> Condition:
    """Match the rows that come after ``values`` in ``order``: the keyset method.

    Of one that is cut all rows count as later that begin like it.
    """
    alternatives = []
    same: list[Condition] = []
    for (sort, expression), value in zip(order, values, strict=True):
        if isinstance(value, Cut):
            alternatives.append(sa.and_(*same, _from_begin(sort, expression, value.begin)))
            break
        alternatives.append(sa.and_(*same, _beyond(sort, expression, value)))
        same.append(_same(expression, value))
    return sa.or_(*alternatives)


def _same(column: Expression, value: Any) -> Condition:
    return column.is_(None) if value is None else column == _literal(column, value)


def _from_begin(sort: Sort, column: Expression, begin: Any) -> Condition:
    known = _literal(column, begin)
    if not sort.descending:
        return column >= known
    begins = sa.func.substr(column, 1, len(begin)) == known
    return sa.or_(column <= known, begins, column.is_(None))


def _literal(column: Expression, value: Any) -> Expression:
    """Return a value as SQL that can be on either side of <, which a bare True can't."""
    if isinstance(value, Undecodable):
        # As a parameter it would be a blob, which is more than any text.
        return sa.cast(sa.literal(bytes(value), sa.LargeBinary), sa.Text)
    return sa.literal(value, column.type)


def _beyond(sort: Sort, column: Expression, value: Any) -> Condition:
    known = _literal(column, value)
    if sort.descending:
        return sa.false() if value is None else sa.or_(column < known, column.is_(None))
    return column.is_not(None) if value is None else column > known

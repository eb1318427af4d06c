"""A generated database: its tables with their rows, what may be beside them, and its SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st


class Said(str):
    """A value as SQL has it, for what no parameter can be."""


@dataclass
class Column:
    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    values: st.SearchStrategy[Any] = field(default_factory=st.none)
    made: str = ""
    """What follows the type of a column that the database makes the value of."""


@dataclass
class Reference:
    """``there`` are the names of the columns that ``here`` refer to, none for the key."""

    here: list[Column]
    target: str
    there: list[str]
    action: str = ""


@dataclass
class Table:
    name: str
    columns: list[Column]
    key: list[Column]
    references: list[Reference] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    more: str = ""
    in_key: str = ""
    """What follows the type of a key of one column instead of PRIMARY KEY (...)."""


Statement = tuple[str, list[Any]]
"""SQL and its parameters. Any may fail: nobody knows beforehand whether it makes sense."""


@dataclass
class Schema:
    """``others`` make views, indexes, triggers and the like."""

    tables: list[Table]
    others: list[str]

    def statements(self, mark: str) -> Iterator[Statement]:
        """Yield the SQL that makes it; ``mark`` is how the driver has a parameter."""
        escape = _doubled if mark == "%s" else str
        for table in self.tables:
            yield escape(_create(table)), []
        for table in self.tables:
            for row in table.rows:
                yield _insert(table, row, mark, escape)
        for each in self.others:
            yield escape(each), []


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _doubled(sql: str) -> str:
    return sql.replace("%", "%%")


def _insert(table: Table, row: list[Any], mark: str, escape: Callable[[str], str]) -> Statement:
    written = [each for each in table.columns if not each.made]
    columns = ", ".join(quoted(each.name) for each in written)
    values = ", ".join(escape(each) if isinstance(each, Said) else mark for each in row)
    into = escape(f"{quoted(table.name)} ({columns})")
    given = [each for each in row if not isinstance(each, Said)]
    return f"INSERT INTO {into} VALUES ({values})", given


def _create(table: Table) -> str:
    parts = [_column(each, table) for each in table.columns]
    if table.key and not table.in_key:
        parts.append(f"PRIMARY KEY ({_names(table.key)})")
    for each in table.references:
        there = f" ({', '.join(map(quoted, each.there))})" if each.there else ""
        target = f"{quoted(each.target)}{there} {each.action}"
        parts.append(f"FOREIGN KEY ({_names(each.here)}) REFERENCES {target}")
    parts += table.rules
    return f"CREATE TABLE {quoted(table.name)} ({', '.join(parts)}){table.more}"


def _names(columns: list[Column]) -> str:
    return ", ".join(quoted(each.name) for each in columns)


def _column(column: Column, table: Table) -> str:
    part = f"{quoted(column.name)} {column.type} {column.made}"
    if column in table.key:
        part += table.in_key
    if column.default is not None and not column.made:
        part += f" DEFAULT {column.default}"
    return part if column.nullable else f"{part} NOT NULL"

"""How SQLAlchemy speaks to SQLite, where its own way fails at what a database may have."""

from __future__ import annotations

from string import printable
from typing import Any

from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteExecutionContext

_WORD = frozenset(each for each in printable if each.isalnum() or each == "_")
_OTHERS = sorted({*map(chr, range(32)), *printable, "\x7f"} - _WORD)


class NamingCompiler(SQLiteCompiler):
    """Names parameters by what SQLite takes for a word; columns may be called anything.

    Where two names become one, SQLAlchemy numbers them.
    """

    bindname_escape_characters = dict.fromkeys(_OTHERS, "_")


class InsertingContext(SQLiteExecutionContext):
    """Knows no number of a row that a trigger or ON CONFLICT IGNORE left out.

    SQLite still tells that of the row that was inserted before.
    """

    def get_lastrowid(self) -> Any:
        return super().get_lastrowid() if self.cursor.rowcount else None

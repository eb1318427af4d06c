"""The CHECK constraints in the text of a CREATE TABLE, which is all that SQLite keeps of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dashboard.catalog.reflection.relation import Check

_TOKEN = re.compile(
    r"""
    (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
    | (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<word> \w+ )
    | (?P<mark> [^\s\w] )
    """,
    re.VERBOSE | re.DOTALL,
)


def checks_in(sql: str) -> Iterator[Check]:
    """Yield each CHECK of a CREATE TABLE with its name, if it has one."""
    tokens = [each for each in _TOKEN.finditer(sql) if each.lastgroup != "comment"]
    for place, token in enumerate(tokens):
        if token.lastgroup == "word" and token[0].upper() == "CHECK":
            rule = _in_brackets(sql, tokens[place + 1 :])
            if rule is not None:
                yield Check(_name_before(tokens[:place]), rule)


def _in_brackets(sql: str, tokens: list[re.Match[str]]) -> str | None:
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0:
            return sql[tokens[0].end() : token.start()].strip() if token[0] == ")" else None
    return None


def _name_before(tokens: list[re.Match[str]]) -> str | None:
    if len(tokens) < 2 or tokens[-2][0].upper() != "CONSTRAINT":
        return None
    name = tokens[-1][0]
    return name[1:-1].replace(name[-1] * 2, name[-1]) if tokens[-1].lastgroup == "quoted" else name

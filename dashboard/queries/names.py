"""A column's name in the grammar: as it is, or in quotes where it could mean something else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

_AMBIGUOUS = re.compile(r"^_|^\s|\s$|^$|__|[\".:,\x00-\x1f\x7f]")
_ESCAPED = re.compile(r"[%\"\x00-\x1f\x7f]")
_QUOTED = re.compile(r'"([^"]*)"')
_PATH = re.compile(r'"[^"]*"(?:\."[^"]*")?')


def written(*names: str) -> str:
    """Return a column's name, or that of a reference and of a column there, for the grammar.

    In quotes there are percent signs for what can't be said, such as a line's end.
    """
    if not any(map(_AMBIGUOUS.search, names)):
        return ".".join(names)
    return _in_quotes(names)


def _in_quotes(names: Iterable[str]) -> str:
    return ".".join(f'"{_ESCAPED.sub(_escape, name)}"' for name in names)


def _escape(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def quoted_names(text: str) -> list[str] | None:
    """Return the names in a path of quoted ones, None where ``text`` isn't one."""
    if not _PATH.fullmatch(text):
        return None
    return [unquote(each) for each in _QUOTED.findall(text)]


def parameter(name: str, op: str, *, taken: bool) -> str:
    """Return the parameter of a filter: ``name`` and an operator.

    ``taken`` tells that there is a column which is called like that as a whole.
    """
    if op == "exact":
        return name
    # One that needs no quotes has no dot but before a column of another table.
    quoted = taken and quoted_names(name) is None
    return f"{_in_quotes(name.split('.')) if quoted else name}__{op}"

"""Which tables ``dashboard.reflect`` means, of those that there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dashboard.catalog.reflection.relation import Database, Relation
from dashboard.settings import SettingsError

MOST_TOLD = 60

_WORD = re.compile(r'(?:"(?:[^"]|"")*"|[^\s"])+')
_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')


class Choosing:
    """Finds tables by what is written in the settings: ``*``, a name, ``schema.name``.

    A name with blanks, dots or quotation marks in it stands in double quotes, in which a double
    quote is written twice, or has a line for itself.
    """

    def __init__(self, relations: Sequence[Relation], database: Database, schema: str) -> None:
        self._relations = relations
        self._fold = database.fold
        self._schema = schema

    def chosen(self, lines: Iterable[str]) -> list[Relation]:
        """Return the relations in the order of the database; raise SettingsError for no table."""
        wanted = {each.place for line in lines for each in self._of_line(line)}
        return [each for each in self._relations if each.place in wanted]

    def _of_line(self, line: str) -> Iterator[Relation]:
        if not line.strip():
            return
        whole = self._named([line.strip()])
        if whole:
            yield from whole
            return
        for word in _WORD.findall(line):
            found = self._of_word(word)
            if not found:
                raise SettingsError(self._unknown(word))
            yield from found

    def _of_word(self, word: str) -> list[Relation]:
        if word == "*":
            return [each for each in self._relations if each.listed]
        if word.endswith(".*") and len(parts := _parts(word[:-2])) == 1:
            schema = self._fold(parts[0])
            mine = (each for each in self._relations if self._fold(each.schema) == schema)
            return [each for each in mine if each.listed]
        return self._named([word]) or self._named(_parts(word))

    def _named(self, parts: Sequence[str]) -> list[Relation]:
        *schemas, name = (self._fold(each) for each in parts)
        schema = ".".join(schemas) or self._fold(self._schema)
        return [
            each
            for each in self._relations
            if (self._fold(each.schema), self._fold(each.name)) == (schema, name)
        ]

    def _unknown(self, word: str) -> str:
        names = [self.written(each) for each in self._relations if each.listed]
        more = f" and {len(names) - MOST_TOLD} more" if len(names) > MOST_TOLD else ""
        there = f"There are {', '.join(names[:MOST_TOLD])}{more}." if names else "There is none."
        return f"dashboard.reflect names {word}, which is no table of this database. {there}"

    def written(self, relation: Relation) -> str:
        """Return how a relation is named in the settings."""
        parts = [relation.name]
        if relation.schema != self._schema:
            parts.insert(0, relation.schema)
        return ".".join(
            each if re.fullmatch(r"\w+", each) else '"' + each.replace('"', '""') + '"'
            for each in parts
        )


def _parts(word: str) -> list[str]:
    found = _PART.findall(word)
    return [plain or quoted.replace('""', '"') for quoted, plain in found] or [word]

"""The grammar against Datasette itself: the same rows in the same order, page by page.

Where ours means something else on purpose, docs/reference.md says so, and nothing here asks it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from datasette.app import Datasette
from sqlalchemy import Engine, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from dashboard.catalog import Catalog, Table, VisibleCatalog
from dashboard.catalog.records import key_of
from dashboard.queries import fetch_page
from dashboard.queries.grammar import parse_query
from tests.support.databases import sqlite_only

QUESTIONS = 300
MOST_PAGES = 12


class Base(DeclarativeBase):
    pass


class Part(Base):
    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(50))
    notes: Mapped[str | None] = mapped_column(Text)
    count: Mapped[int | None]
    ratio: Mapped[float | None]
    ready: Mapped[bool | None]
    born: Mapped[date | None]
    seen: Mapped[datetime | None]


class Leg(Base):
    """A key of two columns, of which one is a text."""

    __tablename__ = "leg"

    journey: Mapped[str] = mapped_column(String(10), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str | None] = mapped_column(String(50))
    miles: Mapped[int | None]


WORDS = ["a", "B", "b", "ab", "AB", "Ab c", "é", "É", "", " x", "10", "9", "it's", '"q"', "[b]"]
DAY = date(2013, 7, 20)


def value(kind: str, chance: random.Random) -> Any:
    """Return one of few values, so that rows have many in common."""
    number = chance.randrange(6)
    moment = datetime(2013, 7, 20, 23, 58) + timedelta(minutes=number, microseconds=number % 2)
    values = {
        "text": chance.choice(WORDS),
        "longtext": chance.choice(WORDS),
        "integer": number - 2,
        "number": (number - 2) / 4,
        "boolean": bool(number % 2),
        "date": DAY + timedelta(days=number),
        "datetime": moment,
    }
    return values[kind]


def as_text(given: Any) -> str:
    """Return a value as SQLAlchemy stores it, which is what Datasette compares it with."""
    if isinstance(given, bool):
        return str(int(given))
    return given.isoformat(" ", "microseconds") if isinstance(given, datetime) else str(given)


OPERATORS = {
    "text": "exact not contains startswith endswith gt gte lt lte in notin isnull notnull",
    "longtext": "exact not contains startswith endswith gt gte lt lte in notin isnull notnull",
    "integer": "exact not contains startswith endswith gt gte lt lte in notin isnull notnull",
    "number": "exact not gt gte lt lte in notin isnull notnull",
    "boolean": "exact not isnull notnull",
    "date": "exact not contains startswith endswith gt gte lt lte in notin isnull notnull",
    "datetime": "exact not gt gte lt lte isnull notnull",
}


def question(table: Table, chance: random.Random) -> list[tuple[str, str]]:
    kinds = {column.name: column.kind for column in table.columns}
    pairs = []
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        name, kind = chance.choice(list(kinds.items()))
        operator = chance.choice(OPERATORS[kind].split())
        text = as_text(value(kind, chance))
        if operator in ("in", "notin"):
            texts = [text, *(as_text(value(kind, chance)) for _ in range(chance.randrange(3)))]
            # Both cut what stands between the commas, and take a bracket for a list in JSON.
            text = ",".join(each.strip() for each in texts if not each.startswith("["))
        suffix = chance.choice(["", "__exact"]) if operator == "exact" else f"__{operator}"
        pairs.append((name + suffix, text))
    if chance.random() < 0.7:
        # Downwards by a part of the key, Datasette has the rest of it downwards too.
        sortable = [each.name for each in table.columns if each.name != "journey"]
        pairs.append((chance.choice(["_sort", "_sort_desc"]), chance.choice(sortable)))
    pairs.append(("_size", str(chance.choice([1, 3, 7, 20, 100]))))
    return pairs


@pytest.fixture
def catalog(engine: Engine) -> VisibleCatalog:
    """Two tables with rows in them, some of whose values are NULL."""
    Base.metadata.create_all(engine)
    catalog = Catalog()
    catalog.add(Part)
    catalog.add(Leg)
    chance = random.Random(1)
    with Session(engine) as session:
        for table, rows in ((catalog["part"], 60), (catalog["leg"], 30)):
            for number in range(rows):
                row = {
                    column.name: None if chance.random() < 0.2 else value(column.kind, chance)
                    for column in table.columns
                }
                # Datasette leaves rows that sort alike as they were stored: in the key's order.
                key = {"id": number} if len(table.key) == 1 else {"journey": "Babé"[number // 8]}
                row |= {"number": number % 8 - 3} if len(table.key) == 2 else {}
                session.execute(sa.insert(table.sql).values(row | key))
        session.commit()
    return VisibleCatalog(catalog, lambda table: True)


def ours(session: Session, table: Table, catalog: VisibleCatalog, pairs: Any) -> Iterator[Any]:
    token: list[tuple[str, str]] = []
    for _ in range(MOST_PAGES):
        page = fetch_page(session, parse_query(table, [*pairs, *token], catalog=catalog), catalog)
        yield [key_of(table, row) for row in page.rows]
        if page.next is None:
            return
        token = [("_next", page.next)]


async def theirs(datasette: Any, database: str, table: Table, pairs: Any) -> list[Any]:
    pages = []
    token: list[tuple[str, str]] = []
    for _ in range(MOST_PAGES):
        given = urlencode([*pairs, *token, ("_shape", "objects"), ("_nocount", "1")])
        response = await datasette.client.get(f"/{database}/{table.name}.json?{given}")
        answer = response.json()
        assert response.status_code == 200, answer
        pages.append([key_of(table, row) for row in answer["rows"]])
        if answer["next"] is None:
            break
        token = [("_next", answer["next"])]
    return pages


@sqlite_only
def test_the_same_rows_in_the_same_order(engine: Engine, catalog: VisibleCatalog) -> None:
    path = str(engine.url.database)
    chance = random.Random(2)
    questions = []
    for number in range(QUESTIONS):
        table = catalog.get("leg" if number % 4 == 3 else "part")
        assert table is not None
        questions.append((table, question(table, chance)))

    async def ask() -> list[Any]:
        datasette = Datasette([path], settings={"suggest_facets": False, "num_sql_threads": 1})
        await datasette.invoke_startup()
        name = next(each for each in datasette.databases if each != "_internal")
        return [await theirs(datasette, name, *each) for each in questions]

    # A browser that another test drives may have an event loop running on this thread.
    with ThreadPoolExecutor(1) as pool:
        expected = pool.submit(asyncio.run, ask()).result()
    several = empty = 0
    with Session(engine) as session:
        for (table, pairs), pages in zip(questions, expected, strict=True):
            found = list(ours(session, table, catalog, pairs))
            assert found == pages, f"{table.name}?{urlencode(pairs)}"
            several += len(pages) > 1
            empty += pages == [[]]
    # What they were asked has answers, and many of more than one page.
    assert several > QUESTIONS / 4
    assert empty < QUESTIONS / 3

"""Whoever writes, and however: each change is in the log once, in the order of the commits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from dashboard.changes import Change, install
from dashboard.changes.triggers.covering import cover, uncover
from dashboard.models.engine import make_engine
from tests.support.databases import POSTGRESQL, postgresql_only, upsert
from tests.support.rows import dump, replay
from tests.support.shop import Customer, Line, Order, Tag
from tests.support.triggers import TABLES, Moved, install_all

CHANGES = 50
TOP = Path(__file__).parents[3]

FOREIGN = """
import sys
import sqlite3
connection = sqlite3.connect(sys.argv[1])
for statement in sys.stdin:
    connection.execute(statement)
    connection.commit()
"""


def foreign(engine: Engine, statements: list[str]) -> None:
    """Run each statement in a transaction of its own, by a program that knows nothing of ours."""
    if POSTGRESQL:
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        command = ["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", url]
        text = ";\n".join([*statements, ""])
    else:
        command = [sys.executable, "-c", FOREIGN, engine.url.database or ""]
        text = "\n".join(statements)
    subprocess.run(command, input=text, text=True, check=True, timeout=60)


def by_orm(engine: Engine, sessions: Any, number: int) -> None:
    with sessions.begin() as session:
        session.add(Tag(name=f"t{number}"))


def by_orm_bulk(engine: Engine, sessions: Any, number: int) -> None:
    with sessions.begin() as session:
        session.execute(sa.update(Customer).where(Customer.id == 1).values(name=f"bulk {number}"))


def by_core(engine: Engine, sessions: Any, number: int) -> None:
    with sessions.begin() as session:
        session.execute(sa.insert(Tag.__table__), [{"name": f"t{number}"}])


def by_text(engine: Engine, sessions: Any, number: int) -> None:
    with sessions.begin() as session:
        session.execute(
            sa.text("UPDATE customer SET name = :name WHERE id = 1"), {"name": f"text {number}"}
        )


def by_cascade(engine: Engine, sessions: Any, number: int) -> None:
    with plain(engine).begin() as connection:
        connection.execute(sa.text("DELETE FROM shop_order WHERE id = :id"), {"id": number + 1})


def by_many_to_many(engine: Engine, sessions: Any, number: int) -> None:
    with sessions.begin() as session:
        customer = session.get(Customer, 1)
        customer.tags = [*customer.tags, Tag(name=f"t{number}")]


def by_upsert(engine: Engine, sessions: Any, number: int) -> None:
    values = {"id": 1 + number % 2, "name": f"upserted {number}"}
    statement = upsert(Customer).values(values)
    with plain(engine).begin() as connection:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_={"name": values["name"]})
        )


def plain(engine: Engine) -> Engine:
    """Return an engine that nothing of ours listens to."""
    return sa.create_engine(engine.url, poolclass=sa.NullPool)


WRITERS: dict[str, tuple[Callable[..., None], int]] = {
    "ORM": (by_orm, 1),
    "ORM bulk": (by_orm_bulk, 1),
    "Core": (by_core, 1),
    "text": (by_text, 1),
    "many-to-many": (by_many_to_many, 2),
    "upsert": (by_upsert, 1),
}
"""Each with how many records a transaction of it changes."""


@pytest.fixture
def rows(engine: Engine, sessions: sessionmaker[Any]) -> dict[Any, Any]:
    """Customers and orders, triggers on all tables; the rows as they are then."""
    with sessions.begin() as session:
        session.add_all([Customer(id=number, name=f"c{number}") for number in (1, 2)])
        session.flush()
        for number in range(1, CHANGES + 1):
            order = Order(id=number, customer_id=1)
            order.lines = [Line(number=1, product="pen")]
            session.add(order)
    install_all(engine)
    with engine.connect() as connection:
        return dump(connection)


def logged(engine: Engine, rows: dict[Any, Any], before: int) -> list[Change]:
    """Move, and return what was logged; fail where it doesn't lead to what the tables have."""
    changes = [each for each in Moved(engine).move() if each.seq > before]
    assert [each.seq for each in changes] == list(range(before + 1, before + 1 + len(changes)))
    replay(rows, changes)
    with engine.connect() as connection:
        assert rows == dump(connection)
    return changes


@pytest.fixture
def head(engine: Engine, rows: Any) -> int:
    with engine.connect() as connection:
        return connection.execute(sa.text("SELECT seq FROM dashboard_change_head")).scalar_one()


@pytest.mark.parametrize("writer", WRITERS)
def test_fifty_changes(engine: Any, sessions: Any, rows: Any, head: int, writer: str) -> None:
    write, records = WRITERS[writer]
    for number in range(CHANGES):
        write(engine, sessions, number)
    changes = logged(engine, rows, head)
    assert len(changes) == CHANGES * records
    # Numbers of one transaction after the other.
    words = [str(each.after) for each in changes[::records]]
    assert all(f"{number}'" in word or f"{number}," in word for number, word in enumerate(words))


def test_fifty_changes_by_another_program(engine: Any, rows: Any, head: int) -> None:
    foreign(engine, [f"UPDATE customer SET name = 'n{n}' WHERE id = 1" for n in range(CHANGES)])
    changes = logged(engine, rows, head)
    assert [each.after["name"] for each in changes] == [f"n{n}" for n in range(CHANGES)]
    assert {each.actor for each in changes} == ({"postgres (psql)"} if POSTGRESQL else {None})


def test_fifty_cascades(engine: Any, rows: Any, head: int) -> None:
    pragma = [] if POSTGRESQL else ["PRAGMA foreign_keys = ON"]
    deletes = [f"DELETE FROM shop_order WHERE id = {n + 1}" for n in range(CHANGES)]
    foreign(engine, [*pragma, *deletes])
    changes = logged(engine, rows, head)
    keys = {("shop_order", (n + 1,)) for n in range(CHANGES)}
    keys |= {("line", (n + 1, 1)) for n in range(CHANGES)}
    assert {(each.table, each.key) for each in changes} == keys
    assert len(changes) == 2 * CHANGES
    assert {each.op for each in changes} == {"delete"}
    assert [each.key[0] for each in changes if each.table == "line"] == [*range(1, CHANGES + 1)]


@postgresql_only
def test_truncate_with_cascades(engine: Any, rows: Any, head: int) -> None:
    foreign(engine, ["TRUNCATE shop_order CASCADE"])
    changes = logged(engine, rows, head)
    assert len(changes) == 2 * CHANGES
    assert {(each.op, each.table) for each in changes} == {
        ("delete", "shop_order"),
        ("delete", "line"),
    }
    assert {each.actor for each in changes} == {"postgres (psql)"}


def test_inside_and_outside_in_turns(engine: Any, sessions: Any, rows: Any, head: int) -> None:
    """What others did to a record comes before what a session does to it, moved or not."""
    for number in range(CHANGES):
        with plain(engine).begin() as connection:
            connection.execute(sa.text(f"UPDATE customer SET name = 'out {number}' WHERE id = 1"))
            connection.execute(sa.text(f"INSERT INTO tag VALUES ('out {number}')"))
        with sessions.begin() as session:
            session.get(Customer, 1).name = f"in {number}"
            session.execute(sa.text(f"UPDATE customer SET name = 'text {number}' WHERE id = 2"))
    changes = logged(engine, rows, head)
    ours = [each.after["name"] for each in changes if each.key == (1,)]
    assert ours == [f"{who} {number}" for number in range(CHANGES) for who in ("out", "in")]
    assert len(changes) == 4 * CHANGES


def test_triggers_that_come_and_go_beneath_open_connections(
    engine: Any, rows: Any, head: int
) -> None:
    """Another process installs and removes them; whose connections are open has to notice."""
    other = make_engine(engine.url.render_as_string(hide_password=False))
    sessions = sessionmaker(other)
    install(sessions)

    def write(name: str) -> None:
        with sessions.begin() as session:
            session.add(Tag(name=name))

    tags = TABLES()["tag"]
    write("with")
    uncover(engine, tags)
    write("without")
    cover(engine, tags)
    write("again")
    changes = logged(engine, rows, head)
    assert [each.key for each in changes] == [("with",), ("without",), ("again",)]
    other.dispose()

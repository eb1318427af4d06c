"""What is noted, what can't be read, and what a table's later changes do to its triggers."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from dashboard.changes.triggers.covering import cover, uncover
from dashboard.changes.triggers.install import remove_all, status_of
from tests.support.databases import POSTGRESQL
from tests.support.triggers import TABLES, Moved, install_all


@pytest.fixture
def run(engine: Engine) -> Any:
    """Return a function that runs SQL as somebody does who knows nothing of the program."""
    install_all(engine)
    outside = sa.create_engine(engine.url, poolclass=sa.NullPool)

    def run(*statements: str) -> list[Any]:
        rows: list[Any] = []
        with outside.begin() as connection:
            for each in statements:
                result = connection.execute(sa.text(each))
                rows = [*result.all()] if result.returns_rows else []
        return rows

    return run


def states(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return {name: status_of(connection, noted) for name, noted in TABLES().items()}


def test_private_columns_are_not_noted(engine: Engine, run: Any) -> None:
    run("INSERT INTO customer (id, name, secret) VALUES (1, 'Ann', 'hush')")
    run("UPDATE customer SET secret = 'hush hush'", "DELETE FROM customer")
    assert "hush" not in str(run("SELECT * FROM dashboard_change_note"))
    assert [each.op for each in Moved(engine).move()] == ["insert", "delete"]


def test_what_cannot_be_read_stays_as_it_is(engine: Engine, run: Any) -> None:
    """A garbled date, or one that Python has none for."""
    odd = "19999-01-01" if POSTGRESQL else "some day"
    run("INSERT INTO customer (id, name) VALUES (1, 'Ann')")
    run(
        f"INSERT INTO shop_order (id, customer_id, state, due) VALUES (1, 1, 'new', '{odd}')",
        "INSERT INTO shop_order (id, customer_id, state) VALUES (2, 1, 'new')",
    )
    run("UPDATE shop_order SET state = 'paid'", "INSERT INTO tag VALUES ('fine')")
    changes = Moved(engine).move()
    orders = [each for each in changes if each.key == (1,) and each.table == "shop_order"]
    assert all(each.after is not None and each.after["due"] == odd for each in orders)
    assert changes[-1].after == {"name": "fine"}


def test_a_poisoned_note_keeps_nobody_from_the_log(engine: Engine, run: Any, caplog: Any) -> None:
    run(
        "INSERT INTO dashboard_change_note (table_name, op, key, at) VALUES ('tag', 'I', '[]', 0)",
        "INSERT INTO tag VALUES ('fine')",
    )
    assert [each.key for each in Moved(engine).move()] == [("fine",)]
    assert "can't be read and is dropped" in caplog.text


def test_notes_of_tables_that_are_not_known_are_left(engine: Engine, run: Any) -> None:
    run("INSERT INTO dashboard_change_note (table_name, op, at) VALUES ('else', 'I', 0)")
    Moved(engine).move()
    assert run("SELECT table_name FROM dashboard_change_note") == [("else",)]


def test_columns_that_come_and_go(engine: Engine, run: Any) -> None:
    assert {state for state, _ in states(engine).values()} == {"installed"}
    run("ALTER TABLE customer ADD COLUMN more varchar(10)")
    run("INSERT INTO customer (id, name, more) VALUES (1, 'Ann', 'more')")
    run("ALTER TABLE customer RENAME COLUMN email TO mail")
    run("UPDATE customer SET mail = 'a@x'")
    state, problem = states(engine)["customer"]
    assert (state, problem) == ("stale", "customer has no column email any more.")
    assert [each.op for each in Moved(engine).move()][:1] == ["insert"]
    run("ALTER TABLE tag RENAME COLUMN name TO word", "INSERT INTO tag VALUES ('written')")
    assert run("SELECT word FROM tag") == [("written",)]
    assert states(engine)["tag"].state == "stale"
    # What can't be read any more waits, and nobody else for it.
    run("INSERT INTO customer (id, name) VALUES (2, 'Bob')")
    assert Moved(engine).move()[-1].key == (2,)


def test_what_is_removed_leaves_no_trace(engine: Engine, run: Any) -> None:
    run("INSERT INTO tag VALUES ('first')")
    for noted in TABLES().values():
        uncover(engine, noted)
    assert [each.key for each in Moved(engine).move()] == [("first",)]
    run("INSERT INTO tag VALUES ('second')")
    assert len(Moved(engine).move()) == 1
    cover(engine, TABLES()["tag"])
    cover(engine, TABLES()["tag"])
    assert states(engine)["tag"] == ("installed", "")
    with engine.begin() as connection:
        remove_all(connection)
    assert {state for state, _ in states(engine).values()} == {"none"}
    if POSTGRESQL:
        assert run("SELECT 1 FROM pg_proc WHERE proname LIKE 'dashboard_note%'") == []

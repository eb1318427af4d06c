"""Capture: whatever way a row changes, the log says what the database holds."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dashboard.changes import ACTOR, Change, install, log
from dashboard.changes.triggers.install import staging_of
from tests.support.databases import count_on, or_replace, sqlite_only, upsert
from tests.support.shop import Base, Customer, Line, Order, State, Tag, customer_tag
from tests.support.triggers import install_all


@pytest.fixture(params=["no triggers", "triggers"])
def changes(request: Any, engine: Engine, sessions: sessionmaker[Any]) -> Any:
    """Return a function that gives the changes logged since it was called last.

    With triggers on the tables it's all the same: what they note is logged already.
    """
    seen = 0
    if request.param == "triggers":
        install_all(engine)

    def read() -> list[Change]:
        nonlocal seen
        with engine.connect() as connection:
            found = log.read(connection, seen, limit=10_000)
        seen += len(found)
        with engine.connect() as connection:
            assert staging_of(connection) == {}
        assert [change.seq for change in found] == list(range(seen - len(found) + 1, seen + 1))
        return found

    with sessions.begin() as session:
        ann = Customer(
            id=1, name="Ann", email="ann@example.org", secret="s", tags=[Tag(name="vip")]
        )
        ann.orders = [
            Order(id=1, state=State.new, lines=[Line(number=1, product="pen", quantity=2)]),
            Order(id=2, replaces_id=1, note="second"),
        ]
        session.add(ann)
        session.flush()
        count_on(session, Base.metadata)
    read()
    return read


def brief(changes: list[Change]) -> set[tuple[str, str, tuple[Any, ...]]]:
    return {(change.op, change.table, change.key) for change in changes}


def test_a_flush_logs_net_old_and_new_values(sessions: Any, changes: Any) -> None:
    with sessions.begin() as session:
        ann = session.get(Customer, 1)
        ann.name = "Anna"
        session.flush()
        ann.name = "Anne"
    (change,) = changes()
    assert (change.op, change.key) == ("update", (1,))
    assert change.before == {"id": 1, "name": "Ann", "email": "ann@example.org"}
    assert change.after == {"id": 1, "name": "Anne", "email": "ann@example.org"}


def test_a_value_set_back_and_a_row_that_came_and_went_are_no_changes(
    sessions: Any, changes: Any
) -> None:
    with sessions.begin() as session:
        ann = session.get(Customer, 1)
        ann.name = "Anna"
        session.flush()
        ann.name = "Ann"
        passing = Customer(name="Passing")
        session.add(passing)
        session.flush()
        session.delete(passing)
    assert changes() == []


def test_a_private_column_never_reaches_the_log(sessions: Any, changes: Any) -> None:
    with sessions.begin() as session:
        session.get(Customer, 1).secret = "changed"
    assert changes() == []


def test_inserted_keys_are_those_that_the_database_made(sessions: Any, changes: Any) -> None:
    with sessions.begin() as session:
        session.add_all([Customer(name=f"C{number}") for number in range(5)])
    assert brief(changes()) == {("insert", "customer", (key,)) for key in range(2, 7)}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("inline", [False, True])
def test_inserts_of_core_are_logged_whatever_they_tell_of_their_keys(
    sessions: Any, changes: Any, count: int, inline: bool
) -> None:
    statement = sa.insert(Customer.__table__)
    with sessions.begin() as session:
        session.connection().execute(
            statement.inline() if inline else statement,
            [{"name": f"C{number}"} for number in range(count)],
        )
        session.connection().execute(statement.inline(), {"name": "last"})
    assert brief(changes()) == {("insert", "customer", (key,)) for key in range(2, 3 + count)}


def test_many_to_many_rows_are_logged(sessions: Any, changes: Any) -> None:
    with sessions.begin() as session:
        session.get(Customer, 1).tags = [Tag(name="new")]
    assert brief(changes()) == {
        ("insert", "tag", ("new",)),
        ("insert", "customer_tag", (1, "new")),
        ("delete", "customer_tag", (1, "vip")),
    }


def test_cascades_of_the_orm_and_of_the_database(sessions: Any, changes: Any) -> None:
    with sessions.begin() as session:
        session.delete(session.get(Order, 1))
    assert brief(changes()) == {
        ("delete", "shop_order", (1,)),
        ("delete", "line", (1, 1)),
        ("update", "shop_order", (2,)),
    }
    with sessions.begin() as session:
        session.execute(sa.delete(Customer))
    assert brief(changes()) == {
        ("delete", "customer", (1,)),
        ("delete", "customer_tag", (1, "vip")),
        ("delete", "shop_order", (2,)),
    }


def test_a_changed_key_is_a_delete_and_an_insert_and_takes_its_references_along(
    sessions: Any, changes: Any
) -> None:
    with sessions.begin() as session:
        session.execute(sa.update(Order).where(Order.id == 2).values(replaces_id=None))
    changes()
    with sessions.begin() as session:
        session.get(Order, 1).id = 7
    assert {("delete", "shop_order", (1,)), ("insert", "shop_order", (7,))} <= (
        logged := brief(changes())
    )
    assert {("delete", "line", (1, 1)), ("insert", "line", (7, 1))} <= logged


BULK = {
    "orm bulk update": lambda s: s.execute(sa.update(Order).values(note="x")),
    "orm bulk update by key": lambda s: s.execute(
        sa.update(Order), [{"id": 1, "note": "a"}, {"id": 2, "note": "b"}]
    ),
    "orm bulk delete": lambda s: s.execute(sa.delete(Line).where(Line.quantity > 1)),
    "orm bulk insert": lambda s: s.execute(
        sa.insert(Customer), [{"name": "B"}, {"name": "C", "email": "c"}, {"name": "D"}]
    ),
    "orm bulk insert returning": lambda s: s.scalars(
        sa.insert(Customer).returning(Customer), [{"name": "B"}, {"name": "C"}]
    ).all(),
    "core insert": lambda s: s.execute(
        sa.insert(Customer.__table__), [{"name": "B"}, {"name": "C"}]
    ),
    "core insert of several values": lambda s: s.execute(
        sa.insert(Customer.__table__).values([{"name": "B"}, {"name": "C"}])
    ),
    "core update of each": lambda s: s.connection().execute(
        sa.update(Order.__table__)
        .where(Order.__table__.c.id == sa.bindparam("which"))
        .values(note=sa.bindparam("text")),
        [{"which": 1, "text": "a"}, {"which": 2, "text": "b"}],
    ),
    "update by a subquery": lambda s: s.execute(
        sa.update(Order)
        .where(Order.customer_id.in_(sa.select(Customer.id).where(Customer.name == "Ann")))
        .values(total=Order.id * 10)
    ),
    "correlated delete": lambda s: s.execute(
        sa.delete(Line).where(sa.exists().where(Order.id == Line.order_id, Order.note.is_(None)))
    ),
    "insert from select": lambda s: s.execute(
        sa.insert(Tag).from_select(["name"], sa.select(Customer.name))
    ),
    "upsert by key": lambda s: s.execute(
        upsert(Tag).values(name="vip").on_conflict_do_nothing(index_elements=["name"])
    ),
    "upsert by another column": lambda s: s.execute(
        upsert(Customer)
        .values([{"name": "Anna", "email": "ann@example.org"}, {"name": "N", "email": "n"}])
        .on_conflict_do_update(index_elements=["email"], set_={"name": "Upserted"})
    ),
    "replace": lambda s: s.execute(sa.insert(Tag).prefix_with(or_replace).values(name="new")),
    "bulk_insert_mappings": lambda s: s.bulk_insert_mappings(Customer, [{"name": "B"}]),
    "bulk_update_mappings": lambda s: s.bulk_update_mappings(Order, [{"id": 1, "note": "z"}]),
    "bulk_save_objects": lambda s: s.bulk_save_objects([Customer(name="B"), Customer(name="C")]),
    "merge": lambda s: s.merge(Order(id=1, customer_id=1, note="merged")),
    "key set in bulk": lambda s: s.execute(
        sa.update(Line.__table__).values(number=Line.__table__.c.number + 10)
    ),
    "many-to-many by Core": lambda s: s.execute(sa.delete(customer_tag)),
    "a large insert": lambda s: s.execute(
        sa.insert(Customer), [{"name": str(number)} for number in range(1500)]
    ),
}


def dump(session: Session) -> dict[tuple[str, tuple[Any, ...]], dict[str, Any]]:
    """Return the public rows of the whole shop by table and key, as the log would have them."""
    from dashboard.catalog.values import to_json

    found = {}
    for table in Base.metadata.tables.values():
        for row in session.execute(sa.select(table)).mappings():
            public = {
                column.name: to_json(row[column.name])
                for column in table.columns
                if not column.info.get("private")
            }
            key = tuple(public[column.name] for column in table.primary_key)
            found[table.name, key] = public
    return found


@pytest.mark.parametrize("statement", BULK.values(), ids=BULK.keys())
def test_bulk_and_core_statements_are_logged(sessions: Any, changes: Any, statement: Any) -> None:
    with sessions() as session:
        before = dump(session)
    with sessions.begin() as session:
        statement(session)
    with sessions() as session:
        after = dump(session)
    logged = changes()
    replayed = dict(before)
    for change in logged:
        assert replayed.get((change.table, change.key)) == change.before
        if change.after is None:
            del replayed[change.table, change.key]
        else:
            replayed[change.table, change.key] = change.after
    assert replayed == after
    # Each record once, and none that stayed as it was.
    assert len(logged) == len({(each.table, each.key) for each in logged})
    assert len(logged) == sum(before.get(key) != after.get(key) for key in before | after)
    assert bool(logged) == (before != after)


def test_rollbacks_and_savepoints_leave_nothing(sessions: Any, changes: Any) -> None:
    with sessions() as session:
        session.get(Customer, 1).name = "Nobody"
        session.flush()
        session.rollback()
        session.add(Customer(id=50, name="kept"))
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            session.get(Customer, 1).name = "Nobody"
            session.add(Customer(id=51, name="dropped"))
            session.flush()
            raise ZeroDivisionError
        with session.begin_nested():
            session.get(Order, 1).note = "noted"
        session.commit()
    assert brief(changes()) == {("insert", "customer", (50,)), ("update", "shop_order", (1,))}


def test_the_actor_is_noted(sessions: Any, changes: Any) -> None:
    with sessions.begin() as session:
        session.info[ACTOR] = "robot"
        session.get(Customer, 1).name = "Anna"
    assert [change.actor for change in changes()] == ["robot"]


def test_a_failing_publisher_fails_no_commit(engine: Engine, caplog: Any) -> None:
    def publish(changes: Any) -> None:
        raise OSError("no such pipe")

    sessions = sessionmaker(engine)
    install(sessions, publish=publish)
    with sessions.begin() as session:
        session.add(Tag(name="stored"))
    with engine.connect() as connection:
        assert [change.key for change in log.read(connection, 0)] == [("stored",)]
    assert "Publishing 1 committed changes failed" in caplog.text


def test_an_unbound_sessionmaker_is_refused() -> None:
    with pytest.raises(ValueError, match="Bind the sessionmaker"):
        install(sessionmaker())


def test_rows_that_an_upsert_added_and_that_are_changed_at_once(
    sessions: Any, changes: Any
) -> None:
    with sessions.begin() as session:
        rows = [{"name": "New", "email": "new@x"}, {"name": "Kept", "email": "kept@x"}]
        statement = upsert(Customer).values(rows)
        session.execute(
            statement.on_conflict_do_update(index_elements=["email"], set_={"name": "Upserted"})
        )
        session.scalars(sa.select(Customer).where(Customer.email == "new@x")).one().name = "Newer"
    found = {change.key: change for change in changes()}
    assert [(key, change.op) for key, change in found.items()] == [
        ((2,), "insert"),
        ((3,), "insert"),
    ]
    assert found[2,].after == {"id": 2, "name": "Newer", "email": "new@x"}


def test_a_key_that_moves_after_its_deletion_was_rolled_back(sessions: Any, changes: Any) -> None:
    with sessions.begin() as session:
        session.execute(sa.update(Order).where(Order.id == 2).values(replaces_id=None))
    changes()
    with sessions.begin() as session:
        savepoint = session.begin_nested()
        session.execute(sa.delete(Order).where(Order.id == 1))
        savepoint.rollback()
        session.execute(sa.update(Order).where(Order.id == 1).values(id=7))
    assert brief(changes()) == {
        ("delete", "shop_order", (1,)),
        ("insert", "shop_order", (7,)),
        ("delete", "line", (1, 1)),
        ("insert", "line", (7, 1)),
    }


REFUSED = {
    "insert of several values": lambda s: s.execute(
        sa.insert(Customer.__table__).values([{"id": 1, "name": "B"}, {"id": 60, "name": "C"}])
    ),
    "a key set to one that is taken": lambda s: s.execute(
        sa.update(Order).where(Order.id == 2).values(id=1)
    ),
    "upsert that meets another constraint": lambda s: s.execute(
        upsert(Customer)
        .values(id=1, name="B", email="b@x")
        .on_conflict_do_nothing(index_elements=["email"])
    ),
    "a flush": lambda s: (s.add(Customer(id=1, name="B")), s.flush()),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED.keys())
def test_a_statement_that_is_refused_in_a_savepoint_leaves_nothing(
    sessions: Any, changes: Any, refused: Any
) -> None:
    with sessions.begin() as session:
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            refused(session)
        session.add(Tag(name="kept"))
    assert brief(changes()) == {("insert", "tag", ("kept",))}


PARTLY_REFUSED = {
    "keys that are given": (sa.insert(Tag.__table__), [{"name": "x"}, {"name": "x"}]),
    "keys that the database makes": (
        sa.insert(Customer),
        [{"name": "x", "email": str(number % 2500)} for number in range(3000)],
    ),
    "a key that was there": (
        sa.insert(Customer.__table__),
        [{"id": 50, "name": "x"}, {"id": 1, "name": "x"}],
    ),
}


@sqlite_only
@pytest.mark.parametrize(("statement", "rows"), PARTLY_REFUSED.values(), ids=PARTLY_REFUSED.keys())
def test_rows_that_stay_where_a_later_one_is_refused(
    sessions: Any, changes: Any, statement: Any, rows: Any
) -> None:
    with sessions() as session:
        before = dump(session)
        with pytest.raises(sa.exc.IntegrityError):
            session.execute(statement, rows)
        session.commit()
        after = dump(session)
    assert after.keys() - before.keys()
    assert brief(changes()) == {
        ("insert", table, key) for table, key in after.keys() - before.keys()
    }


def move(session: Session, before: int, after: int) -> None:
    session.execute(sa.update(Order.__table__).where(Order.id == before).values(id=after))


def move_in_a_savepoint(session: Session) -> None:
    savepoint = session.begin_nested()
    move(session, 2, 50)
    savepoint.rollback()


MOVES: dict[str, Any] = {
    "a new record": lambda s: (s.add(Order(id=2, customer_id=1)), s.flush()),
    "one that was moved before": lambda s: (
        s.add(Order(id=3, customer_id=1)),
        s.flush(),
        move(s, 3, 2),
    ),
    "one whose move was rolled back": lambda s: (
        s.add(Order(id=2, customer_id=1)),
        s.flush(),
        move_in_a_savepoint(s),
    ),
}


@pytest.mark.parametrize("prepare", MOVES.values(), ids=MOVES.keys())
@pytest.mark.parametrize("where", [Order.id == 2, Order.id + 0 == 2])
def test_a_key_that_moves_takes_along_what_was_added_in_the_same_transaction(
    sessions: Any, changes: Any, prepare: Any, where: Any
) -> None:
    with sessions.begin() as session:
        session.execute(sa.delete(Order).where(Order.id == 2))
    changes()
    with sessions.begin() as session:
        prepare(session)
        session.execute(sa.insert(Line.__table__), {"order_id": 2, "number": 1, "product": "pen"})
        session.execute(sa.update(Order.__table__).where(where).values(id=7))
    assert brief(changes()) == {("insert", "shop_order", (7,)), ("insert", "line", (7, 1))}


def test_a_key_that_moves_after_its_move_was_rolled_back_without_lines(
    sessions: Any, changes: Any
) -> None:
    with sessions.begin() as session:
        move_in_a_savepoint(session)
        session.execute(sa.insert(Line.__table__), {"order_id": 2, "number": 1, "product": "pen"})
        move(session, 2, 7)
    assert brief(changes()) == {
        ("delete", "shop_order", (2,)),
        ("insert", "shop_order", (7,)),
        ("insert", "line", (7, 1)),
    }


@pytest.mark.parametrize(
    "text",
    [
        "100 %, %s, %(name)s, %%",
        "it's ''quoted'' \\' \"twice\" $$ E'\\n'",
        "one\\two\\u0041\\u0000",
        "line\nbreak\ttab\r\u2028 é😀",
        ":count :records '); DELETE FROM tag; --",
        '{"a": [1, "b"]}',
        "",
    ],
)
def test_any_text_is_logged_as_it_is(sessions: Any, changes: Any, text: str) -> None:
    with sessions.begin() as session:
        session.info[ACTOR] = text
        session.add_all([Tag(name=text), Tag(name="other")])
    found = {each.key: (each.after, each.actor) for each in changes()}
    assert found[text,] == ({"name": text}, text)


def test_a_commit_that_the_database_refuses_leaves_nothing(
    engine: Engine, sessions: Any, changes: Any
) -> None:
    metadata = sa.MetaData()
    parent = sa.Table("late_parent", metadata, sa.Column("id", sa.Integer, primary_key=True))
    late = sa.ForeignKey(parent.c.id, deferrable=True, initially="DEFERRED")
    child = sa.Table("late_child", metadata, sa.Column("parent_id", sa.Integer, late))
    metadata.create_all(engine)
    with pytest.raises(IntegrityError), sessions.begin() as session:
        session.add(Tag(name="a"))
        session.execute(sa.insert(child).values(parent_id=9))
    assert changes() == []
    with sessions() as session:
        assert session.scalars(sa.select(Tag.name)).all() == ["vip"]
    with sessions.begin() as session:
        session.add(Tag(name="b"))
    assert [each.key for each in changes()] == [("b",)]


def test_a_log_that_fails_leaves_nothing_open(sessions: sessionmaker[Any], engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE dashboard_change_log RENAME TO away"))
    for _ in range(3):
        with pytest.raises(sa.exc.DBAPIError), sessions() as session:
            session.add(Tag(name="a"))
            session.commit()
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO dashboard_change_log"))
    with sessions() as session:
        session.add(Tag(name="a"))
        session.commit()
        assert session.scalar(sa.select(sa.func.count()).select_from(Tag)) == 1

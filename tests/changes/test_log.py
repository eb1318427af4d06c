"""The change log: numbered as it is written, read in pieces, pruned from its old end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from dashboard.changes import Cursor, log
from dashboard.models.types import utc_now
from tests.support.databases import NUL
from tests.support.shop import Customer, Line, Tag


@pytest.fixture
def five(sessions: sessionmaker[Any]) -> None:
    """Five changes in three transactions."""
    with sessions.begin() as session:
        session.add(Tag(name="a"))
    with sessions.begin() as session:
        session.add_all([Customer(id=1, name="Ann"), Tag(name="b")])
    with sessions.begin() as session:
        session.get_one(Customer, 1).name = "Anna"
        session.delete(session.get_one(Tag, "a"))


def seqs(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return [change.seq for change in log.read(connection, 0)]


def test_an_empty_log_has_a_head(engine: Engine) -> None:
    with engine.connect() as connection:
        head = log.head(connection)
        assert (head.seq, head.pruned) == (0, 0)
        assert Cursor.parse(str(head.cursor)) == head.cursor
        assert log.read(connection, 0) == []


@pytest.mark.usefixtures("five")
def test_it_is_read_in_order_and_in_pieces(engine: Engine) -> None:
    with engine.connect() as connection:
        assert log.head(connection).seq == 5
        assert [change.seq for change in log.read(connection, 2)] == [3, 4, 5]
        assert [change.seq for change in log.read(connection, 1, through=3)] == [2, 3]
        assert [change.seq for change in log.read(connection, 0, limit=2)] == [1, 2]
        assert log.read(connection, 5) == []


@pytest.mark.usefixtures("five")
def test_the_history_of_one_record_begins_with_the_newest(engine: Engine) -> None:
    with engine.connect() as connection:
        ann = log.history(connection, "customer", [1])
        assert [(change.op, change.after and change.after["name"]) for change in ann] == [
            ("update", "Anna"),
            ("insert", "Ann"),
        ]
        assert [change.op for change in log.history(connection, "tag", ["a"])] == [
            "delete",
            "insert",
        ]
        assert len(log.history(connection, "customer", [1], limit=1)) == 1
        assert log.history(connection, "tag", [1]) == []
        assert log.history(connection, "customer", ["1"]) == []


def test_the_history_of_a_composite_key(sessions: Any, engine: Engine) -> None:
    from tests.support.shop import Order

    with sessions.begin() as session:
        lines = [Line(number=number, product=str(number)) for number in (1, 11)]
        session.add(Customer(id=1, name="Ann", orders=[Order(id=1, lines=lines)]))
    with engine.connect() as connection:
        (change,) = log.history(connection, "line", [1, 1])
        assert change.key == (1, 1)
        assert log.history(connection, "line", [1, 2]) == []


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(
    ("keep", "left"), [(10, [1, 2, 3, 4, 5]), (5, [1, 2, 3, 4, 5]), (2, [4, 5]), (0, [])]
)
def test_all_but_the_newest_are_pruned(engine: Engine, keep: int, left: list[int]) -> None:
    with engine.begin() as connection:
        assert log.prune(connection, log.prunable(connection, days=1, keep=keep)) == 5 - len(left)
        assert log.head(connection).pruned == 5 - len(left)
        assert log.prune(connection, log.prunable(connection, days=1, keep=keep)) == 0
    assert seqs(engine) == left


@pytest.mark.usefixtures("five")
def test_what_is_old_is_pruned_up_to_the_first_that_is_not(engine: Engine) -> None:
    now = utc_now()
    with engine.begin() as connection:
        # A clock that was set back in between leaves no hole in the log.
        for seq, days in ((1, 9), (2, 8), (3, 5), (4, 9)):
            at = now - timedelta(days=days)
            connection.execute(sa.update(log.LOG).where(log.LOG.c.seq == seq).values(at=at))
        assert log.prune(connection, log.prunable(connection, days=7, keep=100, now=now)) == 2
        assert log.head(connection).pruned == 2
        assert log.prune(connection, log.prunable(connection, days=7, keep=100, now=now)) == 0
    assert seqs(engine) == [3, 4, 5]


@pytest.mark.usefixtures("five")
def test_a_log_of_old_changes_alone_is_pruned_whole(engine: Engine) -> None:
    later = utc_now() + timedelta(days=8)
    with engine.begin() as connection:
        assert log.prune(connection, log.prunable(connection, 7, keep=100, now=later)) == 5
        assert log.head(connection).pruned == 5
    assert seqs(engine) == []


@pytest.mark.usefixtures("five")
def test_numbers_go_on_after_everything_was_pruned(sessions: Any, engine: Engine) -> None:
    with engine.begin() as connection:
        log.prune(connection, log.prunable(connection, days=1, keep=0))
        epoch = log.head(connection).epoch
    with sessions.begin() as session:
        session.add(Tag(name="next"))
    assert seqs(engine) == [6]
    with engine.connect() as connection:
        assert log.head(connection).epoch == epoch
        assert log.head(connection).pruned == 5


def test_a_change_says_the_same_in_the_log_as_when_it_was_published(engine: Engine) -> None:
    from dashboard.changes import install

    published: list[Any] = []
    sessions = sessionmaker(engine)
    install(sessions, publish=published.extend)
    with sessions.begin() as session:
        session.add_all([Tag(name='é"\u2028' + NUL), Customer(name="\x7f", email=None)])
    with sessions.begin() as session:
        session.scalars(sa.select(Customer)).one().email = "a@example.org"
        session.delete(session.scalars(sa.select(Tag)).one())
    with engine.connect() as connection:
        assert log.read(connection, 0) == published
        updated = sa.select(log.LOG.c.before).where(log.LOG.c.op == "update")
        assert connection.scalar(updated) == '{"email":null}'

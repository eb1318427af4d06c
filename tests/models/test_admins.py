from __future__ import annotations

import pytest
from sqlalchemy import delete

from dashboard.models.admins import name_problem, refusal, validate
from dashboard.models.people import User


@pytest.fixture
def session(sessions):
    with sessions() as session:
        yield session


def add(session, name, role):
    user = User(name=name, role=role)
    session.add(user)
    session.flush()
    return user.id


def test_the_only_admin_stays_an_admin(session):
    ada = add(session, "ada", "admin")
    add(session, "eve", "editor")
    assert "only admin" in refusal(session, ada, "editor")
    assert "only admin" in refusal(session, ada, None)
    assert refusal(session, ada, "admin") is None


def test_one_of_two_admins_may_go(session):
    ada, bob = add(session, "ada", "admin"), add(session, "bob", "admin")
    assert refusal(session, ada, None) is None
    session.execute(delete(User).where(User.id == ada))
    assert "only admin" in refusal(session, bob, None)


def test_others_may_always_go(session):
    add(session, "ada", "admin")
    assert refusal(session, add(session, "eve", "editor"), None) is None


def test_a_change_that_is_not_flushed_yet_does_not_count(session):
    ada = add(session, "ada", "admin")
    session.get(User, ada).role = "watcher"
    assert "only admin" in refusal(session, ada, "watcher")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ada", None),
        ("Ada Lovelace \u00e9\u4e2d \U0001f511 <b>", None),
        ("", "needed"),
        ("x" * 101, "at most 100"),
        (" ada", "space"),
        ("ada ", "space"),
        ("a\0b", "seen"),
        ("a\nb", "seen"),
        ("a\u202eb", "seen"),
        ("\ud800", "seen"),
    ],
)
def test_names(name, problem):
    found = name_problem(name)
    assert found is None if problem is None else problem in found


def test_a_record_of_people_is_checked_whatever_happens_to_it(session):
    ada = {"id": add(session, "ada", "admin"), "name": "ada", "role": "admin"}
    validate(session, None, {"name": "eve", "role": "editor"})
    validate(session, ada, {**ada, "name": "countess"})
    for after in (None, {**ada, "role": "editor"}):
        with pytest.raises(ValueError, match="only admin"):
            validate(session, ada, after)
    for before in (None, ada):
        with pytest.raises(ValueError, match="space"):
            validate(session, before, {**ada, "name": " ada"})
    with pytest.raises(ValueError, match="needed"):
        validate(session, None, {"name": None, "role": "admin"})
    add(session, "bob", "admin")
    validate(session, ada, None)

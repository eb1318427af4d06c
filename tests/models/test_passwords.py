from __future__ import annotations

import argon2
import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError

from dashboard.models import passwords
from dashboard.models.passwords import (
    LONGEST,
    hash_password,
    needs_rehash,
    verify_password,
    weakness,
)
from tests.support.people import CHEAP

PRODUCTION = passwords.HASHER
LONG = "x" * 1_000_000


class Recorder:
    """A hasher that notes the work it is asked to do."""

    def __init__(self, hasher):
        self.hasher = hasher
        self.verified = []

    def __getattr__(self, name):
        return getattr(self.hasher, name)

    def verify(self, stored, password):
        self.verified.append((extract_parameters(stored), len(password)))
        return self.hasher.verify(stored, password)


def test_only_the_password_itself_is_right():
    stored = hash_password("correct horse")
    assert verify_password(stored, "correct horse")
    assert not verify_password(stored, "Correct horse")
    assert not verify_password(stored, "")
    assert "correct" not in stored


def test_nobody_has_the_password_that_is_not_stored():
    assert not verify_password(None, "")
    assert not verify_password(None, "correct horse")
    assert not verify_password("", "")


def test_a_hash_that_is_no_hash_is_never_right():
    assert not verify_password("plain text", "plain text")
    assert not verify_password("$argon2id$v=19$m=8,t=1,p=1$broken", "broken")


def test_two_hashes_of_a_password_differ():
    assert hash_password("correct horse") != hash_password("correct horse")


@pytest.mark.parametrize("hasher", [PRODUCTION, CHEAP], ids=["production", "cheap"])
def test_without_a_stored_hash_the_same_work_is_done(monkeypatch, hasher):
    recorder = Recorder(hasher)
    monkeypatch.setattr(passwords, "HASHER", recorder)
    verify_password(hash_password("correct horse"), "wrong horse!!")
    verify_password(None, "wrong horse!!")
    known, unknown = recorder.verified
    assert known == unknown


def test_the_stand_in_is_checked_in_full_and_not_refused_at_a_glance():
    with pytest.raises(VerifyMismatchError):
        PRODUCTION.verify(passwords._dummy(), "anything")


def test_production_uses_the_parameters_of_the_library():
    assert PRODUCTION.check_needs_rehash(argon2.PasswordHasher().hash("x")) is False


def test_a_hash_with_other_parameters_is_to_be_made_again():
    assert needs_rehash(argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("x"))
    assert not needs_rehash(hash_password("x"))


def test_the_same_letters_are_right_however_they_are_composed():
    assert verify_password(hash_password("se\u00f1or caf\u00e9"), "sen\u0303or cafe\u0301")


@pytest.mark.parametrize("text", ["\ud800" * 20, "nul \0 inside it", "\U0001f511" * 20])
def test_any_text_may_be_tried(text):
    assert verify_password(hash_password(text), text)
    assert not verify_password(hash_password(text), text[:-1])


def test_a_long_password_is_refused_and_cheap_to_try():
    with pytest.raises(ValueError, match=r"1,000"):
        hash_password(LONG)
    assert not verify_password(hash_password(LONG[:LONGEST]), LONG)
    assert verify_password(hash_password(LONG[:LONGEST]), LONG[:LONGEST])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a long enough one", None),
        ("", "at least 10"),
        ("too short", "at least 10"),
        (LONG, "at most 1,000"),
        ("aaaaaaaaaaaaaaaa", "repeats"),
        ("abababababababab", "repeats"),
        ("Lovelace Ada ", "must not be the name"),
    ],
)
def test_weak_passwords_are_told_why(text, problem):
    found = weakness(text, "lovelace ada")
    assert found is None if problem is None else problem in found

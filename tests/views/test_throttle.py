from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from pyramid.request import Request
from sqlalchemy import func, select

from dashboard.models.people import SignInFailure
from dashboard.models.types import utc_now
from dashboard.views.throttle import (
    ACCOUNT_LIMIT,
    ADDRESS_LIMIT,
    WINDOW,
    account_of,
    address_of,
    attempt,
    clear,
)

NOW = utc_now()
SECOND = timedelta(seconds=1)


def count(sessions):
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(SignInFailure))


def test_an_account_waits_after_its_limit_until_the_oldest_try_is_old_enough(sessions):
    for number in range(ACCOUNT_LIMIT):
        assert attempt(sessions, "ada", f"10.0.0.{number}", NOW + number * SECOND) == 0
    later = NOW + 60 * SECOND
    assert attempt(sessions, "ada", "10.0.0.99", later) == WINDOW.total_seconds() - 60
    assert attempt(sessions, "bob", "10.0.0.99", later) == 0
    assert attempt(sessions, "ada", "10.0.0.99", NOW + WINDOW) == 0
    assert attempt(sessions, "ada", "10.0.0.99", NOW + WINDOW) == 1


def test_an_address_waits_after_its_limit(sessions):
    for number in range(ADDRESS_LIMIT):
        assert attempt(sessions, f"user {number}", "10.0.0.1", NOW) == 0
    assert attempt(sessions, "ada", "10.0.0.1", NOW) == WINDOW.total_seconds()
    assert attempt(sessions, "ada", "10.0.0.2", NOW) == 0


def test_a_try_that_must_wait_does_not_make_the_wait_longer(sessions):
    for _ in range(ACCOUNT_LIMIT):
        attempt(sessions, "ada", "10.0.0.1", NOW)
    for second in range(1, 30):
        wait = attempt(sessions, "ada", "10.0.0.1", NOW + second * SECOND)
        assert wait == WINDOW.total_seconds() - second
    assert count(sessions) == ACCOUNT_LIMIT


def test_old_rows_are_removed(sessions):
    for number in range(30):
        attempt(sessions, f"user {number}", "10.0.0.1", NOW)
    attempt(sessions, "ada", "10.0.0.1", NOW + WINDOW)
    assert count(sessions) == 1


def test_many_tries_at_once_are_all_counted(sessions):
    barrier, waits = Barrier(16), []

    def try_it():
        barrier.wait()
        waits.append(attempt(sessions, "ada", "10.0.0.1", NOW))

    threads = [Thread(target=try_it) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(wait == 0 for wait in waits) == ACCOUNT_LIMIT
    assert len(waits) == 16


def test_clearing_an_account_leaves_the_others(sessions):
    attempt(sessions, "ada", "10.0.0.1", NOW)
    attempt(sessions, "bob", "10.0.0.1", NOW)
    with sessions.begin() as session:
        clear(session, "ada")
    assert count(sessions) == 1


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("unix:", "unix:"),
        ("x" * 1000, "x" * 100),
        (None, "unknown"),
    ],
)
def test_addresses(given, counted):
    request = Request.blank("/", headers={"X-Forwarded-For": "203.0.113.1"})
    request.environ["REMOTE_ADDR"] = given
    assert address_of(request) == counted


def test_accounts_fit_the_column():
    assert account_of("a\0da" + "x" * 1_000_000) == "ada" + "x" * 97

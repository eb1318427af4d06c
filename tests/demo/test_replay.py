"""The day is played as it happened, whatever people do to the board meanwhile."""

import threading
import time
from datetime import datetime

import pytest
import sqlalchemy as sa

from dashboard.changes import log
from dashboard.demo.board import position
from dashboard.demo.day import board_at, news
from dashboard.demo.models import Flight
from dashboard.demo.replay import START, Replay

AT_ONCE = 1e12
EVENING = datetime(2013, 7, 22, 21, 0)
LAST = max(news())


def board(sessions):
    columns = [getattr(Flight, name) for name in next(iter(board_at(START).values()))]
    with sessions() as session:
        rows = session.execute(sa.select(Flight.carrier, Flight.number, *columns)).mappings()
        return {
            (row["carrier"], row["number"]): {each.key: row[each.key] for each in columns}
            for row in rows
        }


def clock(sessions):
    with sessions() as session:
        return position(session) or datetime.min


def changes(sessions):
    with sessions() as session:
        return log.read(session.connection(), 1816, limit=100_000)


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It didn't happen in time."
        time.sleep(0.01)


@pytest.fixture
def playing(sessions):
    """Return a function that starts a replay on a thread; all are stopped at the end."""
    started = []

    def play(speed, **options):
        replay = Replay(sessions, speed, **options)
        thread = threading.Thread(target=replay.run)
        thread.start()
        started.append((replay, thread))
        return replay, thread

    yield play
    for replay, thread in started:
        replay.stop()
        thread.join()


def test_the_whole_day_ends_as_it_did(sessions):
    Replay(sessions, AT_ONCE, start=EVENING).run()
    assert board(sessions) == board_at(LAST)
    assert clock(sessions) == LAST


def test_it_begins_with_the_board_of_that_time_in_one_transaction(sessions, playing):
    playing(1e-6, start=EVENING)
    wait_until(lambda: clock(sessions) == EVENING)
    assert board(sessions) == board_at(EVENING)
    assert {change.actor for change in changes(sessions)} == {"replay"}
    assert len({change.at for change in changes(sessions)}) == 1


def test_each_minute_with_news_is_one_commit(sessions, playing):
    replay, thread = playing(60 * 100, start=EVENING)
    wait_until(lambda: clock(sessions) > datetime(2013, 7, 22, 21, 20))
    replay.stop()
    thread.join()
    assert board(sessions) == board_at(clock(sessions))


def test_it_goes_on_where_it_was_and_spares_what_people_wrote(sessions, playing, flight):
    replay, thread = playing(60 * 100, start=EVENING)
    wait_until(lambda: clock(sessions) > EVENING)
    replay.stop()
    thread.join()
    stopped = clock(sessions)
    with sessions.begin() as session:
        told = sa.select(Flight).where(Flight.updated == stopped)
        edited = session.scalars(told).first()
        edited.delay = 4711
        key = edited.carrier, edited.number
    playing(1e-6)
    time.sleep(0.2)
    assert clock(sessions) == stopped
    assert flight(*key)["delay"] == 4711


def test_a_deleted_flight_stays_deleted(sessions):
    gone = min(designator for designators in news().values() for designator in designators)
    with sessions.begin() as session:
        session.execute(
            sa.delete(Flight).where(Flight.carrier == gone[0], Flight.number == gone[1])
        )
    Replay(sessions, AT_ONCE, start=EVENING).run()
    end = board_at(LAST)
    del end[gone]
    assert board(sessions) == end


def test_the_newest_replay_takes_over(sessions, playing):
    _, first = playing(60 * 100, start=EVENING)
    wait_until(lambda: clock(sessions) > EVENING)
    playing(1e-6, start=START)
    first.join(timeout=20)
    assert not first.is_alive()
    assert board(sessions) == board_at(START)


def test_with_loop_the_day_begins_again(sessions, playing):
    playing(AT_ONCE, start=datetime(2013, 7, 23, 8, 0), loop=True)
    wait_until(lambda: any(is_step_back(change) for change in changes(sessions)))


def is_step_back(change):
    return change.before["status"] == "landed" != change.after["status"]


def test_a_day_that_is_over_stays_over(sessions):
    Replay(sessions, AT_ONCE, start=datetime(2013, 7, 23, 10, 0)).run()
    before = changes(sessions)
    Replay(sessions, AT_ONCE).run()
    assert changes(sessions) == before


@pytest.mark.alone
def test_the_speed_is_kept(sessions, playing):
    began = time.monotonic()
    playing(60 * 20, start=EVENING)
    wait_until(lambda: clock(sessions) >= datetime(2013, 7, 22, 21, 30))
    assert 1.3 < time.monotonic() - began < 6


@pytest.mark.alone
def test_long_silences_are_cut_short(sessions):
    quiet = datetime(2013, 7, 23, 8, 45)
    began = time.monotonic()
    Replay(sessions, 1, start=quiet, longest_wait=0.05).run()
    assert time.monotonic() - began < 5
    assert clock(sessions) == LAST

"""What the board tells of the day is what the record says, and no more."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from dashboard.demo.day import DATA_FILE, DAY, Record, board_at, news, records, story, tables

NOON = datetime(2013, 7, 22, 12, 0)


def record(departed=None, landed=None, arrival_delay=None):
    return Record(
        "UA", 1, None, "EWR", "ORD", NOON,
        departed and NOON + timedelta(minutes=departed),
        landed and NOON + timedelta(minutes=landed),
        arrival_delay,
    )  # fmt: skip


def brief(record):
    return [
        (int((moment - NOON).total_seconds() // 60), values["status"], values.get("delay"))
        for moment, values in story(record)
    ]


@pytest.mark.parametrize(
    ("flight", "told"),
    [
        (record(), [(0, "cancelled", None)]),
        (record(-5, 90, -20), [(-5, "departed", -5), (90, "landed", None)]),
        (record(15, 90, 5), [(15, "departed", 15), (90, "landed", None)]),
        (
            record(40, 120, 30),
            [(15, "delayed", 15), (30, "delayed", 30), (40, "departed", 40), (120, "landed", None)],
        ),
        (record(3), [(3, "departed", 3)]),
    ],
    ids=["cancelled", "early", "on time", "late", "never seen to land"],
)
def test_the_story_of_a_flight(flight, told):
    assert brief(flight) == told


def test_nothing_is_told_before_it_is_known():
    for each in records():
        for moment, values in story(each):
            assert values["updated"] == moment
            assert values.get("expected", moment) <= moment
            assert values.get("landed", moment) == moment


def test_the_day_is_the_recorded_one():
    end = list(board_at(max(news())).values())
    assert len(records()) == len(end) == 1000
    assert {each.scheduled.date() for each in records()} == {DAY}
    statuses = Counter(each["status"] for each in end)
    assert statuses == {"landed": 861, "cancelled": 123, "departed": 16}
    late = sum(1 for each in end if (each["delay"] or 0) > 60)
    assert late == 224
    assert late + statuses["cancelled"] == 347
    assert sum(1 for each in end if (each["arrival_delay"] or 0) > 60) == 314


def test_before_the_day_nothing_is_known():
    for values in board_at(datetime(2013, 7, 22)).values():
        assert values.pop("status") == "scheduled"
        assert set(values.values()) == {None}


def test_what_the_record_lacks_stays_empty():
    unknown = [row for row in tables()["airports"] if row["name"] is None]
    assert [row["faa"] for row in unknown] == ["BQN", "PSE", "SJU", "STT"]
    assert all(value is None for row in unknown for name, value in row.items() if name != "faa")
    assert sum(1 for each in records() if each.tailnum is None) == 35


def test_the_file_is_small():
    assert DATA_FILE.stat().st_size < 100 * 1024

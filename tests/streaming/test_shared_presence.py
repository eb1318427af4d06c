"""Presence in several processes: each knows who is with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dashboard.changes.backplanes import LONGEST_NOTE, Local
from dashboard.streaming import SharedPresence
from dashboard.streaming.presence import DOING, Visitor
from tests.streaming.test_hub import wait_for

ADA, BOB = Visitor("1", "ada", "editing"), Visitor("2", "bob", "watching")


class Line:
    """What carries notes between the processes of a test; ``cut`` loses them."""

    def __init__(self) -> None:
        self.ends: list[Callable[[str], None]] = []
        self.cut = False
        self.longest = 0
        self.told = 0

    def end(self) -> Local:
        line = self

        class End(Local):
            def tell(self, note: str) -> None:
                line.told += 1
                line.longest = max(line.longest, len(note.encode()))
                for noted in [] if line.cut else line.ends:
                    noted(note)

            def hear_notes(self, noted: Callable[[str], None]) -> None:
                line.ends.append(noted)

        return End()


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def make(line: Line) -> Iterator[Callable[..., SharedPresence]]:
    made: list[SharedPresence] = []

    def make(epoch: str = "e1", refresh: float = 60) -> SharedPresence:
        made.append(SharedPresence(line.end(), lambda: epoch, refresh))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_who_comes_and_goes_is_known_to_all(make: Any) -> None:
    one, two = make(), make()
    told: list[str] = []
    two.watch(told.append)
    one.enter("/x", ADA)
    two.enter("/x", BOB)
    assert one.visitors("/x") == two.visitors("/x") == (ADA, BOB)
    one.leave("/x", ADA.id)
    assert one.visitors("/x") == two.visitors("/x") == (BOB,)
    assert told == ["/x", "/x", "/x"]


@pytest.mark.parametrize("note", ["", "hello", "[]", "1", "null", '"text"', "{}", "{"])
def test_notes_of_other_programs_are_passed_over(make: Any, line: Line, note: str) -> None:
    one = make()
    one.enter("/x", ADA)
    for noted in line.ends:
        noted(note)
    assert one.visitors("/x") == (ADA,)


def test_who_comes_later_is_told_at_once(make: Any) -> None:
    one = make()
    one.enter("/x", ADA)
    late = make()
    wait_for(lambda: late.visitors("/x") == (ADA,))


def test_what_was_lost_is_said_again(make: Any, line: Line) -> None:
    one, two = make(refresh=0.05), make(refresh=60)
    line.cut = True
    one.enter("/x", ADA)
    assert two.visitors("/x") == ()
    line.cut = False
    wait_for(lambda: two.visitors("/x") == (ADA,))


def test_who_died_is_forgotten(make: Any, line: Line) -> None:
    one, two = make(refresh=60), make(refresh=0.05)
    one.enter("/x", ADA)
    told: list[str] = []
    two.watch(told.append)
    assert two.visitors("/x") == (ADA,)
    line.cut = True
    wait_for(lambda: told == ["/x"])
    assert two.visitors("/x") == ()
    assert two._others == {}


def test_programs_of_other_databases_are_strangers(make: Any) -> None:
    one, other = make("e1"), make("e2")
    one.enter("/x", ADA)
    assert other.visitors("/x") == ()


def test_a_crowd_is_told_in_notes_that_are_not_too_long(make: Any, line: Line) -> None:
    one = make()
    for number in range(300):
        one.enter(f"/tables/flights/{number}", Visitor(f"{number}", "é" * 50, "watching"))
    one.enter("/" + "x" * 2 * LONGEST_NOTE, ADA)
    late = make()
    wait_for(lambda: late.visitors("/tables/flights/299"))
    assert all(late.visitors(f"/tables/flights/{number}") for number in range(300))
    assert line.longest <= LONGEST_NOTE


class Comings(RuleBasedStateMachine):
    """However they come and go, and whatever is lost, in the end all processes agree."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.processes = [SharedPresence(self.line.end(), lambda: "e", 60) for _ in range(3)]
        for each in self.processes:
            each._backplane.hear_notes(each._heard)
        self.there: dict[tuple[int, str, str], Visitor] = {}

    places = st.sampled_from(["/a", "/b"])
    process = st.integers(0, 2)

    @rule(at=process, place=places, id_=st.sampled_from("xyz"), doing=st.sampled_from(DOING))
    def enter(self, at: int, place: str, id_: str, doing: str) -> None:
        visitor = Visitor(f"{at}{id_}", id_, doing)
        self.processes[at].enter(place, visitor)
        self.there[at, place, visitor.id] = visitor

    @rule(at=process, place=places, id_=st.sampled_from("xyz"))
    def leave(self, at: int, place: str, id_: str) -> None:
        self.processes[at].leave(place, f"{at}{id_}")
        self.there.pop((at, place, f"{at}{id_}"), None)

    @invariant()
    def all_agree(self) -> None:
        for place in ("/a", "/b"):
            wanted = {each for (_, where, _), each in self.there.items() if where == place}
            for each in self.processes:
                found = each.visitors(place)
                assert len(found) == len(set(found))
                assert set(found) == wanted


Comings.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestComings = Comings.TestCase


def test_refresh_is_no_change(make: Any, line: Line) -> None:
    one, two = make(refresh=0.02), make()
    one.enter("/x", ADA)
    wait_for(lambda: two.visitors("/x") == (ADA,))
    told: list[str] = []
    two.watch(told.append)
    before = line.told
    wait_for(lambda: line.told > before + 5)
    assert told == []

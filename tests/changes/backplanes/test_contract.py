"""What every backplane does, against the real servers."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard.changes import Cursor
from dashboard.changes.backplanes import LONGEST_NOTE, Backplane, backplane_of
from dashboard.changes.backplanes.backplane import Remote
from tests.support.services import Proxy, address_of

Make = Callable[..., Backplane]


@pytest.fixture(params=["postgresql", "redis", "amqp"])
def proxy(request: Any) -> Iterator[Proxy]:
    with Proxy(address_of(request.param)) as proxy:
        yield proxy


@pytest.fixture
def make(proxy: Proxy) -> Iterator[Make]:
    """Make a process's backplane; it is closed when the test is over."""
    made: list[Backplane] = []

    def make(beat: float | None = None) -> Backplane:
        backplane = backplane_of(proxy.url)
        assert isinstance(backplane, Remote)
        backplane._driver = Trying(backplane._driver)
        if beat is not None:
            backplane._beat = beat
        made.append(backplane)
        return backplane

    yield make
    for each in made:
        each.close()


class Trying:
    """A driver that counts how often a listener was asked of it."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self.tries = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def listener(self) -> Any:
        self.tries += 1
        return self._driver.listener()


def tries(backplane: Backplane) -> int:
    assert isinstance(backplane, Remote)
    assert isinstance(backplane._driver, Trying)
    return backplane._driver.tries


def wait_for_tries(*backplanes: Backplane) -> None:
    """Wait until each has tried a few times more; fails where it stops to."""
    enough = [tries(each) + 3 for each in backplanes]
    wait_until(lambda: [tries(each) for each in backplanes] >= enough)


class Ear:
    """Hears a backplane; ``heard`` returns what was told of one epoch alone."""

    def __init__(self, backplane: Backplane) -> None:
        self.told: queue.Queue[Cursor | None] = queue.Queue()
        backplane.listen(self.told.put)
        assert self.told.get(timeout=10) is None  # It is connected, and may have missed something.

    def wait_for(self, cursor: Cursor, timeout: float = 10) -> float:
        """Return how many seconds it took until ``cursor``, or a newer one, was told."""
        started = time.monotonic()
        while True:
            told = self.told.get(timeout=timeout)
            if told is not None and told.epoch == cursor.epoch and told.seq >= cursor.seq:
                return time.monotonic() - started

    def wait_for_news(self, cursor: Cursor) -> None:
        """Wait until ``cursor`` was told, or that something may have been missed."""
        while self.told.get(timeout=10) not in (None, cursor):
            pass


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def epoch() -> str:
    """An epoch of the test's own: others may be using the same servers."""
    return f"e{time.time_ns() % 10**12}"


def test_what_one_announces_all_hear_and_it_does_too(make: Make, epoch: str) -> None:
    one, two, three = make(), make(), make()
    ears = [Ear(each) for each in (one, two, three)]
    for seq in range(1, 50):
        one.announce(Cursor(epoch, seq))
    for ear in ears:
        ear.wait_for(Cursor(epoch, 49))
    two.announce(Cursor(epoch, 50))
    for ear in ears:
        ear.wait_for(Cursor(epoch, 50))
    assert one.connected
    assert two.connected


def test_notes_reach_everybody_whole_and_in_order(make: Make, epoch: str) -> None:
    one, two = make(), make()
    heard: list[queue.Queue[str]] = [queue.Queue(), queue.Queue()]
    for each, notes in zip((one, two), heard, strict=True):
        each.hear_notes(notes.put)
        Ear(each)
    sent = [f"{epoch} 1", f"{epoch} é {'x' * (LONGEST_NOTE - 100)}", f"{epoch} 3"]
    for note in sent:
        one.tell(note)
    one.announce(Cursor(epoch, 1))
    for notes in heard:
        found: list[str] = []
        while len(found) < len(sent):
            note = notes.get(timeout=10)
            found += [note] if note.startswith(epoch) else []
        assert found == sent


def test_who_only_announces_needs_not_listen(make: Make, epoch: str) -> None:
    ear = Ear(make())
    script = make()
    script.announce(Cursor(epoch, 1))
    ear.wait_for(Cursor(epoch, 1))


def test_of_cursors_in_any_order_the_newest_is_told_last(make: Make, epoch: str) -> None:
    ear = Ear(make())
    writer = make()
    for seq in (3, 1, 7, 2):
        writer.announce(Cursor(epoch, seq))
    ear.wait_for(Cursor(epoch, 7))
    writer.announce(Cursor(epoch, 8))  # What had been sent before would come before.
    wait_until(lambda: Cursor(epoch, 8) in ear.told.queue)
    late = [each.seq for each in ear.told.queue if each and each.epoch == epoch]
    assert set(late) <= {7, 8}


def test_what_was_announced_last_is_sent_before_the_process_ends(make: Make, epoch: str) -> None:
    ear = Ear(make())
    script = make()
    script.announce(Cursor(epoch, 1))
    script.close()
    assert ear.wait_for(Cursor(epoch, 1)) < 5


def test_a_server_that_comes_and_goes(make: Make, proxy: Proxy, epoch: str, caplog: Any) -> None:
    caplog.set_level("INFO", logger="dashboard.changes.backplanes")
    one, two = make(), make()
    ears = [Ear(one), Ear(two)]
    for number in range(1, 4):
        proxy.cut()
        started = time.monotonic()
        one.announce(Cursor(epoch, number))
        assert time.monotonic() - started < 0.05
        wait_until(lambda: not one.connected and not two.connected)
        wait_for_tries(one, two)
        proxy.mend()
        for ear in ears:
            ear.wait_for_news(Cursor(epoch, number))
        wait_until(lambda: one.connected and two.connected)
    messages = [record.message for record in caplog.records]
    assert sum("is away" in each for each in messages) == 6
    assert sum("connected again" in each for each in messages) == 6


def test_who_comes_back_hears_that_something_may_have_been_missed(make: Make, proxy: Proxy) -> None:
    one = make()
    ear = Ear(one)
    proxy.cut()
    wait_until(lambda: not one.connected)
    proxy.mend()
    wait_until(lambda: None in ear.told.queue)


def test_a_server_that_is_not_there_at_the_start(make: Make, proxy: Proxy, epoch: str) -> None:
    proxy.cut()
    one = make()
    told: queue.Queue[Cursor | None] = queue.Queue()
    one.listen(told.put)
    one.announce(Cursor(epoch, 1))
    wait_for_tries(one)
    assert not one.connected
    proxy.mend()
    wait_until(lambda: one.connected)
    one.announce(Cursor(epoch, 2))
    wait_until(lambda: Cursor(epoch, 2) in told.queue)


def test_a_server_that_says_nothing_any_more_is_noticed(make: Make, proxy: Proxy) -> None:
    one = make(beat=0.2)
    Ear(one)
    wait_until(lambda: one.connected)
    proxy.hang()
    wait_until(lambda: not one.connected)


def test_one_that_cannot_be_reached_ends_soon(make: Make, proxy: Proxy, epoch: str) -> None:
    proxy.cut()
    one = make()
    one.announce(Cursor(epoch, 1))
    started = time.monotonic()
    one.close()
    assert time.monotonic() - started < 3
    assert isinstance(one, Remote)
    assert not [each for each in one._threads.values() if each.is_alive()]


def test_a_listener_that_fails_is_told_again(make: Make, epoch: str, caplog: Any) -> None:
    one = make()
    heard: list[Any] = []

    def hear(cursor: Cursor | None) -> None:
        heard.append(cursor)
        raise RuntimeError("boom")

    one.listen(hear)
    wait_until(lambda: bool(heard))
    one.announce(Cursor(epoch, 1))
    wait_until(lambda: Cursor(epoch, 1) in heard)
    assert "couldn't be followed" in caplog.text
    assert one.connected


def test_the_local_one_tells_nobody() -> None:
    local = backplane_of("local")
    local.listen(lambda cursor: pytest.fail("nobody announces"))
    local.announce(Cursor("e", 1))
    assert local.connected
    local.close()


@pytest.mark.parametrize("url", ["", "remote", "http://x/", "mysql://x/", "redis"])
def test_what_is_no_backplane(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        backplane_of(url)


def test_a_bare_postgresql_is_the_programs_own_database() -> None:
    own = backplane_of("postgresql://", "postgresql+psycopg://u:p@h:1/d")
    assert isinstance(own, Remote)
    assert own._driver._address == "postgresql://u:p@h:1/d"  # type: ignore[attr-defined]

"""Broadcasters of several processes, which hear of each other's commits by a backplane alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pyramid.config import Configurator
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from dashboard import program
from dashboard.changes import Broadcaster, backplane_of, broadcaster_of, install, sessions
from dashboard.models.engine import make_engine, reader_of
from dashboard.settings import SettingsError
from tests.support.brokers import Redis
from tests.support.services import address_of
from tests.support.shop import Tag


class Process:
    """What one process has: sessions, a broadcaster that hardly polls, and its backplane."""

    def __init__(self, engine: Engine, url: str, poll: float = 3600) -> None:
        self.backplane = backplane_of(url)
        self.broadcaster: Broadcaster = broadcaster_of(reader_of(engine), poll=poll)
        self.sessions = sessionmaker(engine)
        install(self.sessions, publish=self.broadcaster.publish, backplane=self.backplane)
        self.backplane.listen(self.broadcaster.hear)
        self.wait()

    def wait(self) -> None:
        while not self.backplane.connected:
            time.sleep(0.01)

    def close(self) -> None:
        self.broadcaster.stop()
        self.backplane.close()


@pytest.fixture(params=["postgresql", "redis", "amqp"])
def url(request: Any) -> str:
    return address_of(request.param)


@pytest.fixture
def here_and_there(engine: Engine, url: str) -> Iterator[tuple[Process, Process]]:
    # The engine's listeners are called for both; so each has an engine of its own.
    other = make_engine(engine.url.render_as_string(hide_password=False))
    processes = Process(engine, url), Process(other, url)
    yield processes
    for each in processes:
        each.close()
    other.dispose()


def test_a_commit_is_heard_of_in_another_process(
    here_and_there: tuple[Process, Process],
) -> None:
    here, there = here_and_there
    delays = []
    with there.broadcaster.subscribe() as subscription:
        for number in range(30):
            with here.sessions.begin() as session:
                session.add(Tag(name=f"t{number}"))
            committed = time.perf_counter()
            (change,) = subscription.take(timeout=10)
            delays.append(time.perf_counter() - committed)
            assert change.key == (f"t{number}",)
    # It is a few milliseconds; a machine that is busy with other tests gets some more.
    assert statistics.median(delays) < 0.1


def test_a_script_with_a_plain_session_is_heard_of(
    engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []  # A script's ends with the script.
    monkeypatch.setattr(
        sessions, "backplane_of", lambda *given: opened.append(backplane_of(*given)) or opened[-1]
    )
    process = Process(engine, url)
    script = sessionmaker(make_engine(engine.url.render_as_string(hide_password=False)))
    install(script, backplane=url)
    with process.broadcaster.subscribe() as subscription:
        with script.begin() as session:
            session.add(Tag(name="from elsewhere"))
        (change,) = subscription.take(timeout=10)
    assert change.key == ("from elsewhere",)
    script.kw["bind"].dispose()
    process.close()
    opened[0].close()


def test_a_server_that_is_killed_costs_a_look_at_the_log(engine: Engine) -> None:
    """``benchmarks.several --restarts 20`` does it to each kind of server, and under load."""
    other = make_engine(engine.url.render_as_string(hide_password=False))
    with Redis() as redis:
        here, there = Process(engine, redis.url), Process(other, redis.url, poll=0.3)
        with there.broadcaster.subscribe() as subscription:

            def commit(name: str) -> None:
                with here.sessions.begin() as session:
                    session.add(Tag(name=name))
                (change,) = subscription.take(timeout=10)
                assert change.key == (name,)

            commit("before")
            redis.kill()
            commit("while it is away")
            redis.start()
            here.wait()
            there.wait()
            commit("when it is back")
        for each in (here, there):
            each.close()
    other.dispose()


def test_a_backplane_that_cannot_be_is_told_at_the_start(database: str) -> None:
    given = {"sqlalchemy.url": database, "dashboard.backplane": "carrier-pigeon://coop"}
    with (
        pytest.raises(SettingsError, match="can't be 'carrier-pigeon'"),
        Configurator(settings={**given, "dashboard.environment": "development"}) as config,
    ):
        config.include(program)

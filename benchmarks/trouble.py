"""What befalls the servers while they work: the backplane is cut off or killed, or they are."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.brokers import Rabbitmq, Redis
from tests.support.cluster import Cluster
from tests.support.process import ServerProcess
from tests.support.services import Proxy

PAUSE = 0.5
"""Seconds that a backplane is away for, besides what its start takes."""

BROKERS: dict[str, type[Cluster] | type[Redis] | type[Rabbitmq]] = {
    "postgresql": Cluster,
    "redis": Redis,
    "amqp": Rabbitmq,
}

Befall = Callable[[int], None]
"""Does the trouble of a number, and ends when all is well again."""


@contextmanager
def cuts(url: str) -> Iterator[tuple[str, Befall]]:
    """Yield the URL of a proxy in front of a backplane, and what breaks its connections."""
    with Proxy(url) as proxy:

        def cut(number: int) -> None:
            proxy.cut()
            threading.Event().wait(PAUSE)
            proxy.mend()

        yield proxy.url, cut


@contextmanager
def restarts(kind: str) -> Iterator[tuple[str, Befall]]:
    """Yield the URL of a backplane of its own, and what kills that and starts it again."""
    with BROKERS[kind]() as broker:

        def restart(number: int) -> None:
            broker.kill()
            threading.Event().wait(PAUSE)
            broker.start()

        yield broker.url, restart


def kills(servers: list[ServerProcess]) -> Befall:
    """Return what kills one of the servers and starts it again."""

    def kill(number: int) -> None:
        servers[number % len(servers)].kill()
        servers[number % len(servers)].start()

    return kill


class Trouble(threading.Thread):
    """Lets something befall them so many times; ``over`` is set when that is done."""

    def __init__(self, befall: Befall, times: int, rest: float) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.times = 0
        self._befall = befall
        self._wanted = times
        self._rest = rest

    def run(self) -> None:
        try:
            for number in range(self._wanted):
                threading.Event().wait(self._rest * random.uniform(0.5, 1.5))
                self._befall(number)
                self.times += 1
        finally:
            self.over.set()

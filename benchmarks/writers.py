"""Eight threads that commit, which pause at random between a statement and its commit."""

from __future__ import annotations

import itertools
import random
import threading
import time

from sqlalchemy.orm import sessionmaker

from dashboard.changes import backplane_of, install
from dashboard.models.engine import make_engine
from tests.support import shop

WRITERS = 8


class Writers:
    """Commit from eight threads, one commit in ten rolled back first, until ``over`` at least."""

    def __init__(self, database: str, backplane: str, commits: int, over: threading.Event) -> None:
        self.times: dict[str, float] = {}
        self.failures: list[str] = []
        self._commits = commits
        self._over = over
        self._sessions = sessionmaker(make_engine(database))
        self._backplane = backplane_of(backplane, database)
        install(self._sessions, backplane=self._backplane)

    def run(self) -> None:
        threads = [threading.Thread(target=self._write, args=(each,)) for each in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._backplane.close()
        self._sessions.kw["bind"].dispose()

    def _write(self, writer: int) -> None:
        dice = random.Random(writer)
        for number in itertools.count(writer, WRITERS):
            if number >= self._commits and self._over.is_set():
                return
            try:
                self._commit(f"t{number}", dice)
            except Exception as error:
                self.failures.append(f"t{number}: {error}")

    def _commit(self, name: str, dice: random.Random) -> None:
        with self._sessions() as session:
            session.add(shop.Tag(name=name))
            session.flush()
            time.sleep(dice.random() * 0.02)
            if dice.random() < 0.1:
                session.rollback()
                session.add(shop.Tag(name=name))
            session.commit()
            self.times[name] = time.monotonic()

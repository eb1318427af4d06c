"""A program of its own that commits through a plain session, with no web server near."""

from __future__ import annotations

import random
import sys
import time

from sqlalchemy.orm import sessionmaker

from dashboard.changes import ACTOR, install
from dashboard.models.engine import make_engine
from tests.support.shop import Tag


def main(database: str, commits: int) -> None:
    sessions = sessionmaker(make_engine(database))
    install(sessions)
    dice = random.Random(1)
    for number in range(commits):
        with sessions(info={ACTOR: "writer"}) as session:
            session.add(Tag(name=f"tag {number}"))
            session.flush()
            if dice.random() < 0.1:
                session.rollback()
                session.add(Tag(name=f"tag {number}"))
            session.commit()
        time.sleep(dice.random() * 0.04)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

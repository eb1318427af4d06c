"""The flight board: a demo of the program on one day's real departures from New York.

It is built as a user's own application would be, from mapped classes and ordinary sessions;
nothing else in the program knows of it.
"""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.events import NewRequest

from dashboard.demo.load import load
from dashboard.demo.player import Player


def includeme(config: Configurator) -> None:
    """Fill an empty database, and play the day while the server runs, as the settings say."""
    settings = config.registry["dashboard.settings"]
    if not settings.demo:
        return
    sessions = config.registry["dashboard.dbsession_factory"]
    load(sessions)
    if settings.replay > 0:
        player = Player(sessions, settings.replay)
        config.registry["dashboard.player"] = player
        config.add_subscriber(player.begin, NewRequest)

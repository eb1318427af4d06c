"""What operators ask: what is in this database, what to begin with, and is all of it well?"""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated

from dashboard.models import reading
from dashboard.models.first_boards import are_due
from dashboard.operations.first_look import first_look


def greet(event: ApplicationCreated) -> None:
    """Print what there is where the program starts for the first time, and make a first board."""
    registry = event.app.registry
    with reading(registry) as session:
        if not are_due(session):
            return
    told = first_look(
        registry["dashboard.dbsession_factory"],
        registry["dashboard.engine"],
        registry["dashboard.catalog"],
        registry["dashboard.settings"].url,
    )
    for line in told:
        print(line, flush=True)


def includeme(config: Configurator) -> None:
    if config.registry["dashboard.settings"].development:
        config.add_subscriber(greet, ApplicationCreated)

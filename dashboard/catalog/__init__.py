"""Which tables are live, and what the program knows of each."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator

from dashboard.catalog.catalog import Catalog
from dashboard.catalog.invalid import Invalid
from dashboard.catalog.table import Choice, Column, Reference, Table
from dashboard.catalog.visible import VisibleCatalog
from dashboard.models import admins
from dashboard.models.boards import Board, Panel, SavedView, ShareLink
from dashboard.models.people import User

__all__ = ["Catalog", "Choice", "Column", "Invalid", "Reference", "Table", "VisibleCatalog"]


def add_live_model(config: Configurator, model: type[Any], **options: Any) -> None:
    """Make a mapped class live. ``options``: ``name`` and the keys of the table's ``info``."""
    config.registry["dashboard.catalog"].add(model, **options)


def catalog_of(models: tuple[str, ...], resolve: Any, *, people: bool = True) -> Catalog:
    """Return a catalog of the modules named in ``dashboard.models``, then the program's own.

    ``people`` tells whether its people are among those.
    """
    catalog = Catalog()
    for name in models:
        catalog.add_module(resolve(name))
    if people:
        catalog.add(User, name="people", validate=admins.validate)
    catalog.add(Board, name="boards")
    catalog.add(Panel, name="panels")
    catalog.add(SavedView, name="saved_views")
    catalog.add(ShareLink, name="share_links")
    return catalog


def includeme(config: Configurator) -> None:
    models = config.registry["dashboard.settings"].models
    # An application that mounts the program may have people of its own.
    people = "dashboard.people" not in config.registry
    config.registry["dashboard.catalog"] = catalog_of(models, config.maybe_dotted, people=people)
    config.add_directive("add_live_model", add_live_model)

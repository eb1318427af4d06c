"""Which tables are live, and what the program knows of each."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from sqlalchemy import Engine

from dashboard.catalog.associations import Association
from dashboard.catalog.catalog import Catalog
from dashboard.catalog.invalid import Invalid
from dashboard.catalog.reflection import reflect
from dashboard.catalog.table import Ancestor, Choice, Column, ForeignKey, Reference, Table
from dashboard.catalog.visible import VisibleCatalog
from dashboard.models import admins
from dashboard.models.boards import Board, Panel, SavedView, ShareLink
from dashboard.models.people import User

__all__ = [
    "Ancestor",
    "Association",
    "Catalog",
    "Choice",
    "Column",
    "ForeignKey",
    "Invalid",
    "Reference",
    "Table",
    "VisibleCatalog",
]


def add_live_model(config: Configurator, model: type[Any], **options: Any) -> None:
    """Make a mapped class live. ``options``: ``name`` and the keys of the table's ``info``."""
    config.registry["dashboard.catalog"].add(model, **options)


OWN: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "people": (User, {"validate": admins.validate}),
    "boards": (Board, {}),
    "panels": (Panel, {}),
    "saved_views": (SavedView, {}),
    "share_links": (ShareLink, {}),
}
"""The program's own live tables."""


def catalog_of(
    models: tuple[str, ...],
    resolve: Any,
    engine: Engine | None = None,
    lines: tuple[str, ...] = (),
    *,
    people: bool = True,
) -> Catalog:
    """Return a catalog of the modules in ``dashboard.models``, of the tables that the ``lines``
    of ``dashboard.reflect`` name besides, and of the program's own.

    ``people`` tells whether its people are among those.
    """
    catalog = Catalog()
    for name in models:
        catalog.add_module(resolve(name))
    if lines and engine is not None:
        reflect(engine, lines, catalog, reserved=OWN)
    for name, (model, options) in OWN.items():
        if people or name != "people":
            catalog.add(model, name=name, **options)
    return catalog


def includeme(config: Configurator) -> None:
    registry = config.registry
    settings, engine = registry["dashboard.settings"], registry["dashboard.engine"]
    # An application that mounts the program may have people of its own.
    people = "dashboard.people" not in registry
    registry["dashboard.catalog"] = catalog_of(
        settings.models, config.maybe_dotted, engine, settings.reflect, people=people
    )
    config.add_directive("add_live_model", add_live_model)

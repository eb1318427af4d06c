"""Forms for every table of the catalog: new, edit, delete, and the search for references."""

from __future__ import annotations

from pyramid.config import Configurator

from dashboard.forms import messages
from dashboard.forms.schema import FormClasses


def includeme(config: Configurator) -> None:
    config.registry["dashboard.forms"] = FormClasses()
    config.registry["dashboard.messages"].update(messages.HANDLERS)
    config.scan("dashboard.forms.views")

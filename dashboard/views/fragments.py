"""Macros of the templates rendered by themselves: the same ones in a page and in a stream."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from chameleon import PageTemplate, PageTemplateLoader


@cache
def _loader() -> PageTemplateLoader:
    return PageTemplateLoader(str(files("dashboard") / "templates"))


@cache
def _caller() -> PageTemplate:
    return PageTemplate('<metal:macro use-macro="macro" />')


def render_macro(template: str, name: str, **values: Any) -> str:
    """Return the HTML of a macro, such as ``row`` of ``macros/row.pt``, without a request."""
    macro = _loader()[template].macros[name]
    return _caller()(macro=macro, **values).strip()

"""Every route of the program, in the order in which they are tried."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from dashboard.catalog import Table
from dashboard.catalog.values import decode_name


def table_context(request: Request) -> Table:
    """Return the table that a route names: the context by which permission is decided."""
    name = decode_name(request.matchdict["table"])
    table = request.registry["dashboard.catalog"].get(name)
    if table is None:
        raise HTTPNotFound(f"There is no table {name!r} here.")
    return table


def panels_context(request: Request) -> Table:
    """Return the table of panels: who may change it may arrange and share boards."""
    table: Table = request.registry["dashboard.catalog"]["panels"]
    return table


def includeme(config: Configurator) -> None:
    def for_table(name: str, pattern: str) -> None:
        config.add_route(name, pattern, factory=table_context)

    config.add_route("static", "/static/{version}/*subpath")
    config.add_route("home", "/")
    for_table("table", "/tables/{table}")
    for_table("new", "/tables/{table}/new")
    for_table("choices", "/tables/{table}/choices")
    for_table("save-view", "/tables/{table}/views")
    for_table("record", "/tables/{table}/{key}")
    for_table("edit", "/tables/{table}/{key}/edit")
    for_table("delete", "/tables/{table}/{key}/delete")
    for name, pattern in _FOR_EDITORS:
        config.add_route(name, pattern, factory=panels_context)
    for name, pattern in _OTHERS:
        config.add_route(name, pattern)


_FOR_EDITORS: tuple[tuple[str, Any], ...] = (
    ("arrange", "/boards/{slug}/arrange"),
    ("share", "/boards/{slug}/share"),
    ("revoke", "/boards/{slug}/share/{id}/revoke"),
)

_OTHERS: tuple[tuple[str, Any], ...] = (
    ("board", "/boards/{slug}"),
    ("shared", "/shared/{token}"),
    ("shared-stream", "/shared/{token}/stream"),
    ("saved-views", "/views"),
    ("saved-view", "/views/{id}"),
    ("stream", "/stream"),
    ("changes", "/changes"),
    ("ws", "/ws"),
    ("sign-in", "/sign-in"),
    ("sign-out", "/sign-out"),
    ("setup", "/setup"),
    ("account", "/account"),
    ("doctor", "/doctor"),
    ("healthz", "/healthz"),
    ("readyz", "/readyz"),
)

"""A page as a tree that patches are applied to, views inside of views included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.support.page import Node, parse


def find_view(root: Node, name: str) -> Node | None:
    return next((node for node in root if node.attributes.get("data-view") == name), None)


def apply(root: Node, patch: dict[str, Any]) -> None:
    """Do what patch.js does with one patch of any of the page's views."""
    view = find_view(root, patch["view"])
    assert view is not None, f"there is no {patch['view']} on the page"
    for operation in patch["ops"]:
        _OPERATIONS[operation["op"]](view, operation)
    total = patch.get("total_text") or patch.get("total")
    place = target(view, "total")
    if place is not None and total is not None:
        place.children = [str(total)]


def target(view: Node, name: str) -> Node | None:
    return next((node for node in _own(view) if node.attributes.get("data-target") == name), None)


def _own(view: Node) -> Iterator[Node]:
    """Yield what is in a view, but for what is in the views inside of it."""
    for child in view.elements():
        if "data-view" not in child.attributes:
            yield child
            yield from _own(child)


def _put(view: Node, operation: dict[str, Any]) -> None:
    rows = target(view, "rows")
    assert rows is not None
    (fresh,) = parse(operation["html"]).elements()
    key, place = operation["key"], operation["place"]
    old = next((each for each in rows.elements() if _key(each) == key), None)
    if old is not None:
        rows.children.remove(old)
        _keep(old, fresh)
    keys = [_key(each) for each in rows.elements()]
    at = 0 if place is None else keys.index(place) + 1 if place in keys else len(keys)
    others: list[Node | str] = list(rows.elements())
    rows.children = [*others[:at], fresh, *others[at:]]


def _remove(view: Node, operation: dict[str, Any]) -> None:
    rows = target(view, "rows")
    assert rows is not None
    rows.children = [each for each in rows.elements() if _key(each) != operation["key"]]


def _html(view: Node, operation: dict[str, Any]) -> None:
    place = target(view, operation["target"])
    if place is None:
        return
    old = {_key(each): each for each in place.elements() if _key(each) is not None}
    place.children = parse(operation["html"]).children
    for fresh in place.elements():
        if _key(fresh) in old:
            _keep(old[_key(fresh)], fresh)


def _keep(old: Node, fresh: Node) -> None:
    """Leave what is in an element with data-keep as it is, where the fresh one is empty."""
    kept = [node for node in old if "data-keep" in node.attributes]
    empty = [node for node in fresh if "data-keep" in node.attributes]
    for one, other in zip(kept, empty, strict=True):
        if not other.children:
            other.children = one.children


def _key(node: Node) -> str | None:
    return node.attributes.get("data-key")


_OPERATIONS = {"put": _put, "remove": _remove, "html": _html}

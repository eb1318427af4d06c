"""A page without a browser: what it shows, and the patches applied as the page's script does."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


@dataclass
class Node:
    """An element. ``children`` are Nodes and texts, whose blanks count as one space or none."""

    tag: str
    attributes: dict[str, str | None]
    children: list[Node | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Node]:
        """Yield the element and all that are in it."""
        yield self
        for child in self.elements():
            yield from child

    def elements(self) -> list[Node]:
        return [child for child in self.children if isinstance(child, Node)]

    @property
    def text(self) -> str:
        texts = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join(filter(None, texts))


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and any(node.tag == tag for node in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text:
            self._open[-1].children.append(text)


def parse(html: str) -> Node:
    """Return an element without a name that has ``html`` in it."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    return tree.root


@dataclass
class View:
    """One live view as the page shows it: rows by key in their order, and the other targets."""

    name: str
    rows: dict[str, Node]
    targets: dict[str, list[Node | str]]

    def apply(self, patch: dict[str, Any]) -> None:
        """Do what patch.js does with one patch."""
        assert patch["view"] == self.name
        for operation in patch["ops"]:
            getattr(self, f"_{operation['op']}")(operation)
        total = patch.get("total_text") or patch.get("total")
        if "total" in self.targets and total is not None:
            self.targets["total"] = [str(total)]

    def _put(self, operation: dict[str, Any]) -> None:
        (row,) = parse(operation["html"]).elements()
        key, place = operation["key"], operation["place"]
        assert row.attributes["data-key"] == key
        others = [(other, node) for other, node in self.rows.items() if other != key]
        keys = [other for other, _ in others]
        # The page puts a row that comes after one that it doesn't have at the end.
        behind = keys.index(place) + 1 if place in keys else len(keys)
        at = 0 if place is None else behind
        self.rows = dict([*others[:at], (key, row), *others[at:]])

    def _remove(self, operation: dict[str, Any]) -> None:
        self.rows.pop(operation["key"], None)

    def _html(self, operation: dict[str, Any]) -> None:
        content = parse(operation["html"])
        if operation["target"] == "rows":
            self.rows = _keyed(content)
        elif operation["target"] in self.targets:
            self.targets[operation["target"]] = content.children

    def shown(self) -> dict[str, Any]:
        """Return what somebody sees: to be compared with another page's."""
        return {"rows": list(self.rows.items()), **self.targets}

    def texts(self) -> list[dict[str, str]]:
        """Return each row's texts by column."""
        return [
            {str(cell.attributes["data-column"]): cell.text for cell in row.elements()}
            for row in self.rows.values()
        ]


def _keyed(parent: Node) -> dict[str, Node]:
    rows = {str(row.attributes["data-key"]): row for row in parent.elements()}
    assert len(rows) == len(parent.elements()), "two rows have the same key"
    return rows


@dataclass
class Page:
    """A page as it was fetched; ``cursor`` is where its stream begins."""

    cursor: str
    stream: str
    views: dict[str, View]
    root: Node

    @property
    def view(self) -> View:
        (view,) = self.views.values()
        return view

    @property
    def next(self) -> str | None:
        """The address of the next page of rows."""
        links = (node for node in self.root if node.attributes.get("rel") == "next")
        return next((link.attributes["href"] for link in links), None)


def read(html: str) -> Page:
    root = parse(html)
    body = next(node for node in root if node.tag == "body")
    sections = [node for node in root if "data-view" in node.attributes]
    return Page(
        cursor=str(body.attributes["data-cursor"]),
        stream=str(body.attributes["data-stream"]),
        views={str(each.attributes["data-view"]): _view(each) for each in sections},
        root=root,
    )


def _view(section: Node) -> View:
    found = {str(n.attributes["data-target"]): n for n in section if "data-target" in n.attributes}
    rows = found.pop("rows", Node("tbody", {}))
    return View(
        name=str(section.attributes["data-view"]),
        rows=_keyed(rows),
        targets={name: node.children for name, node in found.items()},
    )


def get(url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Return the status and the body of one GET."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8")
    finally:
        connection.close()


def fetch(url: str, headers: dict[str, str] | None = None) -> Page:
    """Return the page at ``url``; fail where it isn't there."""
    status, html = get(url, headers)
    assert status == 200, f"{url} answers {status}: {parse(html).text[-500:]}"
    return read(html)

"""What a record's page shows: its values and its lists, with where they lead to."""

from __future__ import annotations

from typing import Any

from tests.catalog.reflection.browsing import Browsing
from tests.support.page import Node, read

Link = tuple[str, str | None]


def target(site: Browsing, path: str, name: str) -> Node:
    root = read(site.get(path).text).root
    return next(each for each in root if each.attributes.get("data-target") == name)


def facts(site: Browsing, path: str) -> dict[str, Link]:
    """Return a record's values by their labels."""
    found = {}
    for fact in target(site, path, "record").elements():
        label, value = fact.elements()
        hrefs = [node.attributes["href"] for node in value if node.tag == "a"]
        found[label.text] = (value.text, hrefs[0] if hrefs else None)
    return found


def related(site: Browsing, path: str) -> dict[str, list[Link]]:
    """Return the records of each list by its heading, which has their number in it."""
    return {
        group.elements()[0].text: _links(group.elements()[1:])
        for group in target(site, path, "related").elements()
        if group.tag == "section"
    }


def headings(site: Browsing, path: str) -> dict[str, str | None]:
    """Return where the headings of the lists lead to."""
    groups = target(site, path, "related").elements()
    sections = [each.elements()[0] for each in groups if each.tag == "section"]
    return {each.text: dict(_links([each])).get(each.text.rsplit(" ", 1)[0]) for each in sections}


def _links(nodes: list[Node]) -> list[Link]:
    return [
        (each.text, each.attributes["href"]) for node in nodes for each in node if each.tag == "a"
    ]


def cells(site: Browsing, path: str, key: str) -> dict[str, Any]:
    """Return where the cells of a row lead to, by column."""
    row = read(site.get(path).text).view.rows[key]
    return {
        str(cell.attributes["data-column"]): next((href for _, href in _links([cell])), None)
        for cell in row.elements()
    }

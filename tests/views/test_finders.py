"""Which view a page's address names."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.views.errors import BadInput
from dashboard.views.finders import ViewFinders


def found(*args: Any, **names: Any) -> Any:
    return (*args, names)


@pytest.fixture
def finders() -> ViewFinders:
    finders = ViewFinders()
    for pattern in ("/", "/tables/{table}", "/tables/{table}/{key}", "/boards/{slug}"):
        finders.add(pattern, found)
    return finders


@pytest.mark.parametrize(
    ("text", "query", "names"),
    [
        ("/", "", {}),
        ("/tables/a%2Fb?x=1", "x=1", {"table": "a/b"}),
        ("/tables/a/1%252C", "", {"table": "a", "key": "1%2C"}),
        ("/boards/ops", "", {"slug": "ops"}),
        ("/tables/", "", {"table": ""}),
    ],
)
def test_an_address_finds_its_view(
    finders: ViewFinders, text: str, query: str, names: dict[str, str]
) -> None:
    request: Any = object()
    assert finders.find(request, text) == (request, query, names)


@pytest.mark.parametrize("text", ["", "tables/a", "/tables", "/tables/a/b/c", "/sign-in", "//"])
def test_other_addresses_are_refused(finders: ViewFinders, text: str) -> None:
    request: Any = object()
    with pytest.raises(BadInput, match="not the path of a live page"):
        finders.find(request, text)

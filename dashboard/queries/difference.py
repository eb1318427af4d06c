"""The difference of two lists of rows, as the operations that turn one into the other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

Content = TypeVar("Content", bound=Hashable)
Operation = dict[str, Any]


def difference(
    old: Mapping[str, Content],
    new: Mapping[str, Content],
    render: Callable[[Content], str],
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> list[Operation]:
    """Return ``remove`` and ``put`` operations that make ``new`` of ``old``, in their order.

    Both map a row's key to its content, in the order of the page. A ``put`` names the key of
    the row that it comes after; a ``remove`` says why its row goes, as ``reasons`` has it by the
    key, or that it ``left`` the view. Rows that stay as and where they are aren't mentioned: as
    many rows as possible keep their place (the longest increasing subsequence).
    """
    operations: list[Operation] = [
        {"op": "remove", "key": key, "reason": reasons.get(key, "left")}
        for key in old
        if key not in new
    ]
    places = {key: place for place, key in enumerate(key for key in old if key in new)}
    staying = _longest_increasing([places[key] for key in new if key in places])
    before: str | None = None
    for key, content in new.items():
        if key not in places or places[key] not in staying or old[key] != content:
            operations.append({"op": "put", "key": key, "html": render(content), "place": before})
        before = key
    return operations


def _longest_increasing(numbers: Sequence[int]) -> set[int]:
    """Return the members of a longest increasing subsequence (patience sorting)."""
    tails: list[int] = []
    previous: dict[int, int | None] = {}
    for number in numbers:
        place = bisect_left(tails, number)
        previous[number] = tails[place - 1] if place else None
        tails[place : place + 1] = [number]
    found: set[int] = set()
    last = tails[-1] if tails else None
    while last is not None:
        found.add(last)
        last = previous[last]
    return found

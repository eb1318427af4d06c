"""The difference of two lists of rows: applied to the old one it gives the new one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dashboard.queries.difference import difference

tables = st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(0, 2), max_size=12).flatmap(
    lambda rows: st.permutations(list(rows.items())).map(dict)
)


def apply(rows: dict[str, int], operations: list[dict[str, Any]]) -> dict[str, int]:
    """Do what the page does."""
    items = list(rows.items())
    for each in operations:
        items = [item for item in items if item[0] != each["key"]]
        if each["op"] == "put":
            keys = [key for key, _ in items]
            at = 0 if each["place"] is None else keys.index(each["place"]) + 1
            items.insert(at, (each["key"], int(each["html"])))
    return dict(items)


@given(tables, tables)
def test_the_operations_turn_the_old_rows_into_the_new_in_their_order(
    old: dict[str, int], new: dict[str, int]
) -> None:
    operations = difference(old, new, str)
    assert list(apply(old, operations).items()) == list(new.items())


@given(tables)
def test_equal_rows_differ_in_nothing(rows: dict[str, int]) -> None:
    assert difference(rows, dict(rows), str) == []


@given(tables, tables)
def test_only_rows_that_moved_or_changed_are_put(old: dict[str, int], new: dict[str, int]) -> None:
    put = {each["key"] for each in difference(old, new, str) if each["op"] == "put"}
    stayed = [key for key in new if key not in put]
    assert [key for key in old if key in stayed] == stayed
    assert all(old[key] == new[key] for key in stayed)


def test_moving_one_row_puts_one_row() -> None:
    old = dict.fromkeys("abcdef", 0)
    new = dict.fromkeys("bcdefa", 0)
    assert difference(old, new, str) == [{"op": "put", "key": "a", "html": "0", "place": "f"}]


def test_a_removed_row_says_why_it_goes() -> None:
    operations = difference({"a": 0, "b": 0}, {}, str, {"a": "deleted"})
    assert {each["key"]: each["reason"] for each in operations} == {"a": "deleted", "b": "left"}

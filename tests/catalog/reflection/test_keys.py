"""A key of SQLite's, which may hold anything, comes back as what it was."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from dashboard.catalog import Catalog, Table
from dashboard.catalog.reflection.sqlite_types import info_of, named_by, type_of
from dashboard.catalog.values import decode_key, encode_key

DECLARED = ("", "BLOB", "TEXT", "INTEGER", "REAL", "DECIMAL(10,2)", "NUMERIC", "BOOLEAN", "DATE",
            "DATETIME", "JSON", "UUID", "POINT")  # fmt: skip

VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
    st.sampled_from(["t", "1", "1.0", "true", "inf", "!1", "!", "new", "{}", "null", ".", ""]),
)


def keyed_by(declared: str) -> Table:
    type_ = named_by(type_of(declared))
    key = sa.Column("k", type_, primary_key=True, info=info_of(type_))
    catalog = Catalog()
    catalog.add_table(sa.Table("t", sa.MetaData(), key), None, name="t")
    return catalog["t"]


TABLES = {declared: keyed_by(declared) for declared in DECLARED}


def stored(table: Table, value: Any) -> Any:
    """Return what SQLite is given of a value."""
    process: Any = table.key[0].sql.type.dialect_impl(DIALECT).bind_processor(DIALECT)
    return value if process is None else process(value)


DIALECT = sa.create_engine("sqlite://").dialect


@given(st.sampled_from(DECLARED), VALUES)
def test_any_value_can_be_a_key(declared: str, value: Any) -> None:
    table = TABLES[declared]
    text = encode_key(table, (value,))
    assert text not in ("", ".", "..", "new", "choices", "views") and "/" not in text
    (read,) = (stored(table, each) for each in decode_key(table, text))
    number = isinstance(value, int | float)
    assert read == value and (
        isinstance(read, int | float) if number else type(read) is type(value)
    )


@pytest.mark.parametrize("declared", DECLARED)
def test_no_two_values_are_one_key(declared: str) -> None:
    values = [1, "1", b"1", "t", 1.5, "1.5", math.inf, "inf", "!1", b"", "", "MQ=="]
    assert len({encode_key(TABLES[declared], (each,)) for each in values}) == len(values)


def test_usual_keys_stand_as_they_are() -> None:
    for declared, value, text in (
        ("INTEGER", 7, "7"),
        ("TEXT", "7", "7"),
        ("TEXT", "a,b", "a%2Cb"),
        ("BOOLEAN", True, "true"),
        ("BLOB", b"1", "MQ%3D%3D"),
        ("DECIMAL(10,2)", Decimal("1.50"), "1.50"),
        ("DATE", "2013-07-22", "2013-07-22"),
    ):
        assert encode_key(TABLES[declared], (value,)) == text


@pytest.mark.parametrize("text", ["!", "!x", "![1]", "!null", "!{}", '!{"bytes":"%"}', "!%FF"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode_key(TABLES[""], text)

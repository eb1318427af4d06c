"""Values as JSON, as text and in keys: what goes out comes back."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from dashboard.catalog import Catalog, Table
from dashboard.catalog.values import decode_key, encode_key, from_json, to_json, to_text
from dashboard.views.paths import Paths


class Base(DeclarativeBase):
    pass


class Named(Base):
    __tablename__ = "named"
    name: Mapped[str] = mapped_column(primary_key=True)


class Pair(Base):
    __tablename__ = "pair"
    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)


class Everything(Base):
    __tablename__ = "everything"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[Decimal | None]
    ratio: Mapped[float | None]
    day: Mapped[date | None]
    moment: Mapped[datetime | None]
    hour: Mapped[time | None]
    span: Mapped[timedelta | None]
    token: Mapped[UUID | None]
    data: Mapped[bytes | None]
    flag: Mapped[bool | None]


def table(model: Any) -> Table:
    catalog = Catalog()
    catalog.add(model)
    return next(iter(catalog))


@given(st.text())
def test_any_text_can_be_a_key(name: str) -> None:
    text = encode_key(table(Named), (name,))
    assert text not in ("", ".", "..", "new", "choices") and "/" not in text
    if name.isprintable():
        assert decode_key(table(Named), text) == (name,)


@pytest.mark.parametrize("name", ["", "new", "choices", ".", "..", "a,b", "a/b", "%", "%25", "\0"])
def test_awkward_keys_come_back(name: str) -> None:
    assert decode_key(table(Named), encode_key(table(Named), (name,))) == (name,)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-9, 9), st.dates())
def test_a_composite_key_comes_back(name: str, number: int, day: date) -> None:
    key = (name, number, day)
    assert decode_key(table(Pair), encode_key(table(Pair), key)) == key


def test_a_malformed_key_is_refused() -> None:
    for text in ("a", "a,1", "a,x,2013-07-22", "a,1,never", "a,1,2013-07-22,b"):
        with pytest.raises(ValueError):
            decode_key(table(Pair), text)


def test_a_server_that_decodes_the_path_once_still_finds_the_key() -> None:
    from urllib.parse import unquote

    path = Paths("/app").record("named", encode_key(table(Named), ("a/b,c",)))
    assert path == "/app/tables/named/a%252Fb%252Cc"
    assert decode_key(table(Named), unquote(path).rsplit("/", 1)[1]) == ("a/b,c",)


COLUMNS = {
    "id": st.integers(-(2**63), 2**63 - 1),
    "amount": st.decimals(allow_nan=False, allow_infinity=False),
    "ratio": st.floats(allow_nan=False, allow_infinity=False),
    "day": st.dates(),
    "moment": st.datetimes(),
    "hour": st.times(),
    "span": st.integers(-(10**6), 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    "token": st.uuids(),
    "data": st.binary(),
    "flag": st.booleans(),
}


@given(
    st.sampled_from(sorted(COLUMNS)).flatmap(
        lambda name: st.tuples(st.just(name), st.none() | COLUMNS[name])
    )
)
def test_json_comes_back_as_the_value_that_it_was(case: tuple[str, Any]) -> None:
    name, value = case
    column = table(Everything).column(name)
    assert column is not None
    text = json.dumps(to_json(value), allow_nan=False)
    assert from_json(column, json.loads(text)) == value
    assert isinstance(to_text(column, value), str)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_anything_becomes_json_that_every_reader_takes(value: Any) -> None:
    json.dumps(to_json(value), allow_nan=False)


def test_texts_for_people() -> None:
    everything = table(Everything)

    def text(name: str, value: Any) -> str:
        column = everything.column(name)
        assert column is not None
        return to_text(column, value)

    assert text("moment", datetime(2013, 7, 22, 17, 45)) == "2013-07-22 17:45"
    assert text("moment", datetime(2013, 7, 22, 17, 45, 3)) == "2013-07-22 17:45:03"
    assert text("flag", False) == "No"
    assert text("data", b"123") == "3 bytes"
    assert text("amount", None) == ""
    assert sa.inspect(Everything).local_table.name == "everything"

"""Tables of every kind of column, and a session with rows in them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import JSON, Engine, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from dashboard.catalog import Catalog, Table, VisibleCatalog


class Base(DeclarativeBase):
    pass


class Size(enum.Enum):
    small = "S"
    large = "L"


class Maker(Base):
    __tablename__ = "maker"

    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(100))
    notes: Mapped[str | None] = mapped_column(Text)
    count: Mapped[int | None]
    price: Mapped[Decimal | None]
    ratio: Mapped[float | None]
    ready: Mapped[bool | None]
    size: Mapped[Size | None]
    born: Mapped[date | None]
    seen: Mapped[datetime | None]
    opens: Mapped[time | None]
    lasts: Mapped[timedelta | None]
    extra: Mapped[Any | None] = mapped_column(JSON)
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[str | None] = mapped_column(String(10), info={"private": True})
    maker_code: Mapped[str | None] = mapped_column(ForeignKey("maker.code"))


@pytest.fixture
def catalog() -> Catalog:
    catalog = Catalog()
    catalog.add(Maker)
    catalog.add(Thing)
    return catalog


@pytest.fixture
def visible(catalog: Catalog) -> VisibleCatalog:
    return VisibleCatalog(catalog, lambda table: True)


@pytest.fixture
def thing(catalog: Catalog) -> Table:
    return catalog["thing"]


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session

"""A little shop: models with every way in which one row's change changes another's."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class State(enum.Enum):
    new = "new"
    paid = "paid"
    sent = "sent"


customer_tag = Table(
    "customer_tag",
    Base.metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", ForeignKey("tag.name"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "tag"

    name: Mapped[str] = mapped_column(String(50), primary_key=True)


class Customer(Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(200), unique=True)
    secret: Mapped[str | None] = mapped_column(String(50), info={"private": True})
    tags: Mapped[list[Tag]] = relationship(secondary=customer_tag)
    orders: Mapped[list[Order]] = relationship(back_populates="customer", passive_deletes=True)


class Order(Base):
    __tablename__ = "shop_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    replaces_id: Mapped[int | None] = mapped_column(
        ForeignKey("shop_order.id", ondelete="SET NULL")
    )
    state: Mapped[State] = mapped_column(default=State.new)
    total: Mapped[Decimal | None] = mapped_column()
    note: Mapped[str | None] = mapped_column(Text)
    due: Mapped[date | None]
    placed: Mapped[datetime | None]
    customer: Mapped[Customer] = relationship(back_populates="orders")
    lines: Mapped[list[Line]] = relationship(cascade="all, delete-orphan")


class Line(Base):
    __tablename__ = "line"

    order_id: Mapped[int] = mapped_column(
        ForeignKey("shop_order.id", ondelete="CASCADE", onupdate="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    product: Mapped[str] = mapped_column(String(100))
    quantity: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        UniqueConstraint("order_id", "product"),
    )


MODELS = (Tag, Customer, Order, Line)

"""The catalog: what the program knows of tables, read from mapped classes and their info."""

from __future__ import annotations

import enum
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from pyramid.path import DottedNameResolver
from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from dashboard.catalog import Catalog, Choice, Reference, VisibleCatalog, catalog_of
from dashboard.catalog.catalog import CatalogError
from dashboard.catalog.records import row_label
from dashboard.catalog.values import decode_key, encode_key, from_json, to_json
from tests.support import shop


class Base(DeclarativeBase):
    pass


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


link = sa.Table(
    "ship_port",
    Base.metadata,
    sa.Column("ship_id", ForeignKey("ship.id"), primary_key=True),
    sa.Column("port", ForeignKey("port.code"), primary_key=True),
)


class Port(Base):
    __tablename__ = "port"
    __table_args__ = {
        "info": {
            "label": "Harbours",
            "description": "Where ships lie.",
            "label_column": ("code", "town"),
            "default_sort": "-town",
            "view_role": "editor",
            "edit_role": "admin",
        }
    }

    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    town: Mapped[str | None] = mapped_column(String(50))


class Ship(Base):
    __tablename__ = "ship"
    __table_args__ = (
        CheckConstraint("flag IN ('no', 'it''s')", name="flag"),
        CheckConstraint("length > 0", name="length"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    callSign: Mapped[str | None] = mapped_column(String(10), unique=True)
    home_id: Mapped[str | None] = mapped_column("home_port_id", ForeignKey("port.code"))
    level: Mapped[Level | None]
    stored: Mapped[Level | None] = mapped_column(
        sa.Enum(Level, values_callable=lambda levels: [each.value for each in levels])
    )
    flag: Mapped[str | None] = mapped_column(String(10))
    colour: Mapped[str | None] = mapped_column(
        String(10), info={"choices": {"r": "Red", "b": "Blue"}}
    )
    mood: Mapped[str | None] = mapped_column(info={"choices": ["calm", ("x", "Cross")]})
    length: Mapped[Decimal] = mapped_column(
        default=Decimal(1), info={"unit": "m", "help": "Over all.", "label": "Length over all"}
    )
    area: Mapped[int | None] = mapped_column(Computed("length * 2"))
    log: Mapped[str | None] = mapped_column(Text, info={"hidden": True, "searchable": False})
    built: Mapped[int] = mapped_column(server_default="1990", info={"readonly": True})
    secret: Mapped[str | None] = mapped_column(info={"private": True}, comment="Tell nobody.")
    ports: Mapped[list[Port]] = relationship(secondary=link)
    type_: Mapped[str] = mapped_column("type", String(10), default=lambda: "ship")
    __mapper_args__ = {"polymorphic_on": "type_", "polymorphic_identity": "ship"}


class Ferry(Ship):
    """It shares its parent's table."""

    cars: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "ferry"}


class Crew(Base):
    __tablename__ = "crew"
    __table_args__ = (
        ForeignKeyConstraint(["watch_ship", "watch_number"], ["watch.ship_id", "watch.number"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    watch_ship: Mapped[int | None]
    watch_number: Mapped[int | None]


class Watch(Base):
    __tablename__ = "watch"

    ship_id: Mapped[int] = mapped_column(ForeignKey("ship.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)


class State(Base):
    """Its key is one of the Enum's members."""

    __tablename__ = "state"

    level: Mapped[Level] = mapped_column(
        sa.Enum(Level, values_callable=lambda levels: [each.value for each in levels]),
        primary_key=True,
    )


class Other(DeclarativeBase):
    pass


class Namesake(Other):
    __tablename__ = "port"

    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def catalog() -> Catalog:
    catalog = Catalog()
    for each in (Ship, Ferry, Port, Crew, Watch, State):
        catalog.add(each)
    return catalog


def choices(catalog: Catalog, column: str) -> list[tuple[str, str]]:
    found = catalog["ship"].column(column)
    assert found is not None
    return [(each.value, each.label) for each in found.choices]


def test_choices_come_from_the_info_an_enum_or_a_check(catalog: Catalog) -> None:
    assert choices(catalog, "level") == [("LOW", "LOW"), ("HIGH", "HIGH")]
    assert choices(catalog, "stored") == [("low", "Low"), ("high", "High")]
    assert choices(catalog, "flag") == [("no", "No"), ("it's", "It's")]
    assert choices(catalog, "colour") == [("r", "Red"), ("b", "Blue")]
    assert choices(catalog, "mood") == [("calm", "Calm"), ("x", "Cross")]
    assert choices(catalog, "kind") == []
    colour = catalog["ship"].column("colour")
    assert colour is not None
    assert colour.kind == "choice"
    assert Choice("r", "Red") in colour.choices
    assert colour.choice_label("gone") == "gone"


def test_what_is_known_of_a_column(catalog: Catalog) -> None:
    ship = catalog["ship"]
    length, area, built = (ship.column(name) for name in ("length", "area", "built"))
    secret, log, home = (ship.column(name) for name in ("secret", "log", "home_port_id"))
    assert length and area and built and secret and log and home
    assert (length.label, length.unit, length.help) == ("Length over all", "m", "Over all.")
    assert (length.kind, length.nullable, length.default) == ("number", False, Decimal(1))
    assert not area.editable
    assert area.has_default
    assert not built.editable
    assert built.has_default
    assert built.default is None
    assert (secret.private, secret.shown, secret.editable, secret.searchable) == (
        True,
        False,
        False,
        False,
    )
    assert secret.help == "Tell nobody."
    assert secret not in ship.public_columns
    assert (log.kind, log.shown, log.searchable, log.editable) == ("longtext", False, False, True)
    assert (home.attr, home.label) == ("home_id", "Home port")
    assert ship.key[0].has_default
    assert not ship.key[0].editable
    assert [each.label for each in ship.columns if each.name == "callSign"] == ["Call Sign"]


def test_what_is_known_of_a_table(catalog: Catalog) -> None:
    port = catalog["port"]
    assert (port.label, port.description) == ("Harbours", "Where ships lie.")
    assert (port.view_role, port.edit_role) == ("editor", "admin")
    assert port.default_sort == ("-town",)
    ship = catalog["ship"]
    assert (ship.label, ship.description) == ("Ship", None)
    assert (ship.view_role, ship.edit_role) == ("watcher", "editor")
    assert [each.name for each in catalog["watch"].key] == ["ship_id", "number"]


def test_references_are_keys_of_one_column_to_live_tables(catalog: Catalog) -> None:
    assert [(each.name, each.reference) for each in catalog["ship"].references] == [
        ("home_port_id", Reference("port", "code"))
    ]
    # Half of a composite key names no record.
    assert catalog["crew"].references == ()
    (crew,) = catalog["crew"].foreign_keys
    assert (crew.table, crew.label, crew.is_composite) == (
        "watch",
        "Watch ship, Watch number",
        True,
    )
    assert [(each.name, name) for each, name in crew.pairs] == [
        ("watch_ship", "ship_id"),
        ("watch_number", "number"),
    ]
    found = [(table.name, key.label) for table, key in catalog.referring_to(catalog["ship"])]
    assert found == [("watch", "Ship")]
    alone = Catalog()
    alone.add(Ship)
    assert alone["ship"].references == ()


def test_what_a_record_is_called(catalog: Catalog) -> None:
    assert row_label(catalog["port"], {"code": "HAM", "town": "Hamburg"}) == "HAM Hamburg"
    assert row_label(catalog["port"], {"code": "HAM", "town": None}) == "HAM"
    assert catalog["ship"].label_columns == ("callSign",)
    assert row_label(catalog["ship"], {"id": 3, "callSign": None}) == "3"
    assert row_label(catalog["watch"], {"ship_id": 3, "number": 2}) == "3 2"
    people = catalog_of((), None)
    assert people["people"].label_columns == ("name",)


def test_links_are_logged_and_have_no_page(catalog: Catalog) -> None:
    assert catalog.captured_name(link) == "ship_port"
    assert set(catalog.linked_by("ship_port")) == {"ship", "port"}
    assert catalog.linked_by("ship") == ()
    assert catalog.linked_by("nothing") == ()
    assert "ship_port" not in catalog
    assert catalog.get("ship_port") is None
    assert catalog.captured_name(Namesake.__table__) is None


def test_a_subclass_in_its_parents_table_is_the_parents(catalog: Catalog) -> None:
    assert "ferry" not in catalog
    assert catalog["ship"].mapped_class is Ship
    assert catalog["ship"].column("cars") is not None


def test_options_override_the_info() -> None:
    catalog = Catalog()
    catalog.add(Port, name="ports", label="Ports", view_role="watcher", default_sort=("code",))
    catalog.add(Ship)
    assert "port" not in catalog
    assert (catalog["ports"].label, catalog["ports"].view_role) == ("Ports", "watcher")
    assert catalog["ports"].default_sort == ("code",)
    assert catalog["ship"].references[0].reference == Reference("ports", "code")
    assert catalog.captured_name(Port.__table__) == "ports"


class Unmapped:
    pass


def test_what_cannot_be_live_says_why(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match="is not a class mapped to a table"):
        catalog.add(Unmapped)
    with pytest.raises(CatalogError, match="There are two live tables named port"):
        catalog.add(Namesake)
    catalog.add(Namesake, name="namesake")
    with pytest.raises(CatalogError, match="There are two live tables named"):
        catalog.add(Namesake, name="another")


def test_a_modules_classes_are_added_in_their_order() -> None:
    catalog = catalog_of(("tests.support.shop",), DottedNameResolver().maybe_resolve)
    assert [table.name for table in catalog] == [
        *("tag", "customer", "shop_order", "line"),
        *("people", "boards", "panels", "saved_views", "share_links"),
    ]
    assert len(catalog) == 9
    empty = Catalog()
    empty.add_module(ModuleType("nothing"))
    assert list(empty) == []
    catalog.add_module(shop)
    assert len(catalog) == 9


def test_what_may_not_be_seen_does_not_exist(catalog: Catalog) -> None:
    seen = VisibleCatalog(catalog, lambda table: table.view_role == "watcher")
    assert seen.get("port") is None
    assert "port" not in seen
    assert "port" not in [table.name for table in seen]
    assert seen.referred(catalog["ship"].references[0]) is None
    assert seen.referring_to(catalog["port"]) == [
        (catalog["ship"], catalog["ship"].foreign_keys[0])
    ]
    whole: Any = VisibleCatalog(catalog, lambda table: True)
    assert whole.referred(catalog["ship"].references[0]) is catalog["port"]


def test_a_stored_value_need_not_be_among_the_choices(catalog: Catalog) -> None:
    colour, level = catalog["ship"].column("colour"), catalog["ship"].column("stored")
    assert colour and level
    assert from_json(colour, "mauve") == "mauve"
    assert from_json(level, to_json(Level.HIGH)) is Level.HIGH
    with pytest.raises(ValueError, match="'nothing' is not a value of stored"):
        from_json(level, "nothing")


@pytest.mark.parametrize("level", Level)
def test_an_enums_member_can_be_a_key(catalog: Catalog, level: Level) -> None:
    state = catalog["state"]
    assert decode_key(state, encode_key(state, [level])) == (level,)

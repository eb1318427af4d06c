"""Dataclasses and classes that inherit: written by forms, and all of it logged."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    mapped_column,
    registry,
    sessionmaker,
)

from dashboard.catalog import Catalog
from dashboard.catalog.values import to_text
from dashboard.changes import log
from dashboard.forms import store
from dashboard.forms.records import find, row_of
from dashboard.forms.refusal import Refused
from dashboard.forms.schema import editable_columns, make_form_class


class Base(DeclarativeBase):
    pass


class Task(MappedAsDataclass, Base, kw_only=True):
    __tablename__ = "task"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str]
    points: Mapped[int] = mapped_column(default_factory=lambda: 5)
    level: Mapped[int] = mapped_column(default=3)
    note: Mapped[str | None] = mapped_column(init=False, default=None)


@registry(metadata=Base.metadata).mapped_as_dataclass
class Stop:
    __tablename__ = "stop"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Staff(Base):
    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    name: Mapped[str | None]
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "staff"}


class Manager(Staff):
    rank: Mapped[int | None]
    bonus: Mapped[int | None] = mapped_column(default=7)
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Engineer(Staff):
    __tablename__ = "engineer"

    id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    language: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Van(Base):
    __tablename__ = "van"

    id: Mapped[int] = mapped_column(primary_key=True)
    plate: Mapped[str]


class Truck(Van):
    __tablename__ = "truck"

    id: Mapped[int] = mapped_column(primary_key=True)
    plate: Mapped[str]
    load: Mapped[int]
    __mapper_args__ = {"concrete": True}


class Shape(Base):
    """Of no class of its own; a number says of which one a row is."""

    __tablename__ = "shape"

    id: Mapped[int] = mapped_column(primary_key=True)
    sort: Mapped[int]
    __mapper_args__ = {"polymorphic_on": "sort", "polymorphic_abstract": True}


class FlatCircle(Shape):
    radius: Mapped[int] = mapped_column(nullable=True)
    __mapper_args__ = {"polymorphic_identity": 1}


class Square(Shape):
    side: Mapped[int] = mapped_column(nullable=True)
    __mapper_args__ = {"polymorphic_identity": 2}

    def radius(self) -> float:
        return self.side / 2


MODELS = (Task, Stop, Staff, Manager, Engineer, Van, Truck, Shape, FlatCircle, Square)


@pytest.fixture
def catalog() -> Catalog:
    catalog = Catalog()
    for model in MODELS:
        catalog.add(model)
    return catalog


@pytest.fixture
def begin(engine: Any, sessions: sessionmaker[Any]) -> Any:
    """Return what begins a session; after each test the log has to tell what there is."""
    Base.metadata.create_all(engine)
    yield sessions.begin
    told: dict[str, dict[Any, Any]] = {}
    with engine.connect() as connection:
        for change in log.read(connection, 0, limit=10_000):
            rows = told.setdefault(change.table, {})
            if change.op == "insert":
                assert change.key not in rows
            else:
                assert rows.pop(change.key) == change.before
            if change.after is not None:
                rows[change.key] = change.after
        for table in Base.metadata.sorted_tables:
            held = {
                tuple(row[column.name] for column in table.primary_key): dict(row)
                for row in connection.execute(sa.select(table)).mappings()
            }
            assert told.get(table.name, {}) == held


def write(session: Session, catalog: Catalog, at: str, /, **values: Any) -> Any:
    table = catalog[at]
    return store.create(session, table, {table.column(name): each for name, each in values.items()})


def change(session: Session, catalog: Catalog, at: str, key: Any, /, **values: Any) -> None:
    table = catalog[at]
    record = find(session, table, (key,), lock=True)
    store.update(
        session, table, record, {table.column(name): each for name, each in values.items()}
    )


def test_a_dataclass_is_made_with_its_defaults_whatever_its_constructor_wants(
    catalog: Catalog, begin: Any
) -> None:
    points = catalog["task"].column("points")
    assert points is not None and points.has_default
    with begin() as session:
        task = write(session, catalog, "task", name="Sweep")
        assert (task.id, task.points, task.level, task.note) == (1, 5, 3, None)
        write(session, catalog, "task", name="Wash", points=8)
        write(session, catalog, "stop", code="A", name="Alley")
    with begin() as session:
        change(session, catalog, "task", 1, name="Swept", note="done")
        change(session, catalog, "stop", "A", name="Avenue")
    with begin() as session:
        store.delete(session, catalog["task"], find(session, catalog["task"], (2,)))
        assert session.scalars(sa.select(Task)).one().note == "done"


def test_who_inherits_is_written_by_its_class_in_every_table(catalog: Catalog, begin: Any) -> None:
    assert "Manager" not in catalog and catalog["staff"].mapped_class is Staff
    with begin() as session:
        assert write(session, catalog, "staff", name="Ann").type == "staff"
        assert write(session, catalog, "engineer", language="C").type == "engineer"
        session.add(Manager(name="Max", rank=1))
    with begin() as session:
        change(session, catalog, "engineer", 2, language="D")
        change(session, catalog, "staff", 2, name="Eve")
        change(session, catalog, "staff", 3, name="Maxine")
    with begin() as session:
        eve = session.get(Staff, 2)
        assert isinstance(eve, Engineer) and (eve.name, eve.language) == ("Eve", "D")
        store.delete(session, catalog["staff"], find(session, catalog["staff"], (2,)))
    with begin() as session:
        assert session.scalars(sa.select(sa.func.count(Engineer.id))).one() == 0


def test_what_the_orm_writes_in_bulk_is_logged_of_every_class(begin: Any) -> None:
    with begin() as session:
        session.execute(sa.insert(Manager), [{"name": "Max", "rank": 1}, {"name": "Mia"}])
        session.execute(sa.insert(Engineer), [{"name": "Eve", "language": "C"}])
        pair = [{"name": "Joe", "language": "C"}, {"name": "Jim", "language": "C"}]
        session.execute(sa.insert(Engineer), pair)
        session.execute(sa.insert(Task), [{"name": "Sweep", "points": 1}])
    with begin() as session:
        session.execute(sa.update(Manager).where(Manager.rank == 1).values(rank=2))
        session.execute(sa.update(Engineer.__table__).values(language="D"))
        session.execute(sa.delete(Manager).where(Manager.name == "Mia"))


def test_a_concrete_class_has_a_table_of_its_own(catalog: Catalog, begin: Any) -> None:
    with begin() as session:
        write(session, catalog, "van", plate="V1")
        write(session, catalog, "truck", plate="T1", load=3)
    with begin() as session:
        change(session, catalog, "truck", 1, load=4)
        assert session.scalars(sa.select(Van.plate)).all() == ["V1"]


def test_a_person_edits_neither_the_discriminator_nor_a_key_that_the_parent_makes(
    catalog: Catalog,
) -> None:
    editable = {
        name: [column.name for column in catalog[name].columns if column.editable]
        for name in ("staff", "engineer")
    }
    assert editable == {"staff": ["type", "name", "rank", "bonus"], "engineer": ["language"]}
    assert [each.name for each in editable_columns(catalog["staff"], new=False)] == [
        *("name", "rank", "bonus")
    ]


def test_one_table_offers_the_classes_that_it_has(catalog: Catalog) -> None:
    type_, rank = catalog["staff"].column("type"), catalog["staff"].column("rank")
    assert type_ is not None and rank is not None
    assert [(each.value, each.label) for each in type_.choices] == [
        ("staff", "Staff"),
        ("manager", "Manager"),
        ("engineer", "Engineer"),
    ]
    form = make_form_class(catalog["staff"], new=True)()
    assert form["type"].text == "staff" and form["type"].is_required
    # The engineers have a page of their own.
    assert [value for value, _ in form["type"].options()] == ["staff", "manager"]
    assert form["bonus"].text == "" and not form["bonus"].is_required
    sort, radius = catalog["shape"].column("sort"), catalog["shape"].column("radius")
    assert sort is not None and radius is not None and radius.nullable
    assert [each.label for each in sort.choices] == ["Flat Circle", "Square"]
    assert to_text(sort, 1) == "Flat Circle"
    assert make_form_class(catalog["shape"], new=True)()["sort"].is_required


def test_a_record_is_made_of_the_class_that_is_chosen(catalog: Catalog, begin: Any) -> None:
    with begin() as session:
        max_ = write(session, catalog, "staff", type="manager", name="Max", rank=3)
        assert isinstance(max_, Manager) and (max_.rank, max_.bonus) == (3, 7)
        assert type(write(session, catalog, "staff", type="staff", name="Ann", rank=None)) is Staff
        assert type(write(session, catalog, "staff", type=None, name="Bob")) is Staff
        with pytest.raises(Refused) as caught:
            write(session, catalog, "staff", type="staff", name="Eve", rank=1)
        assert caught.value.errors == {"rank": ["A Staff has no Rank."]}
        square = write(session, catalog, "shape", sort=2, side=4)
        assert isinstance(square, Square)
        assert row_of(catalog["shape"], square)["radius"] is None
    with begin() as session:
        change(session, catalog, "staff", 1, rank=4, name="Maxine")
        with pytest.raises(Refused):
            change(session, catalog, "staff", 2, rank=4)
    with begin() as session:
        found = session.get(Staff, 1)
        assert isinstance(found, Manager) and (found.rank, found.name) == (4, "Maxine")

"""Write a record through the ORM: all of it or nothing, with the reason at the right field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session, configure_mappers

from dashboard.catalog import Ancestor, Column, Table
from dashboard.catalog.choices import humanize
from dashboard.catalog.mapping import attribute_of, default_factories, identities, identity_text
from dashboard.forms import limits
from dashboard.forms.deferred import check_deleted, check_written
from dashboard.forms.records import row_of
from dashboard.forms.refusal import Refused
from dashboard.forms.refusing import refusing_delete, refusing_write

Changes = Mapping[Column, Any]

NO_KEY = "A record needs a {}, which can't be given here."


def create(session: Session, table: Table, changes: Changes) -> Any:
    """Insert a record and return its object, flushed. Raises Refused."""
    assert table.mapped_class is not None  # Nobody may edit what has no class.
    _check_key(table, changes)
    record = _instance(_class_of(table, changes))
    _write(session, table, record, None, changes)
    return record


def update(session: Session, table: Table, record: Any, changes: Changes) -> None:
    """Change a loaded record. Raises Refused; the object is then as it was before."""
    _write(session, table, record, row_of(table, record), changes)


def delete(session: Session, table: Table, record: Any) -> None:
    """Delete a record with what the ORM cascades to. Raises Refused."""
    before = row_of(table, record)
    with refusing_delete(), session.begin_nested():
        _ask_table(session, table, before, None)
        session.delete(record)
        session.flush()
        check_deleted(session, table, before)


def _check_key(table: Table, changes: Changes) -> None:
    """Refuse what can't be named: of a table that was found nobody else makes the key."""
    given = {column.name for column, value in changes.items() if value is not None}
    missing = [each.label for each in table.key if not each.has_default and each.name not in given]
    if table.reflected and missing:
        raise Refused({None: [NO_KEY.format(" and ".join(missing))]})


def _class_of(table: Table, changes: Changes) -> type[Any]:
    """Return the class that is asked for, of those that are in one table, or else the table's."""
    mapper: Mapper[Any] = sa.inspect(table.mapped_class)
    for column, value in changes.items():
        if column.discriminates and value is not None:
            made = identities(mapper).get(identity_text(mapper, value), mapper)
            return made.class_
    return mapper.class_


def _instance(mapped_class: type[Any]) -> Any:
    try:
        return mapped_class()
    except Exception:
        # A constructor that wants arguments, as a mapped dataclass has; the ORM does without too.
        configure_mappers()
        mapper = sa.inspect(mapped_class)
        record = mapper.class_manager.new_instance()
        for name, make in default_factories(mapper).items():
            setattr(record, name, make())
        if mapper.polymorphic_on is not None and mapper.polymorphic_identity is not None:
            discriminator = mapper.get_property_by_column(mapper.polymorphic_on)
            setattr(record, discriminator.key, mapper.polymorphic_identity)
        return record


def _write(
    session: Session, table: Table, record: Any, before: dict[str, Any] | None, changes: Changes
) -> None:
    stored = before or {column.name: column.default for column in table.record_columns}
    values = stored | {column.name: _plain(value) for column, value in changes.items()}
    _check_limits(changes, session.get_bind().dialect.name)
    with refusing_write(session, table, values), session.begin_nested():
        with session.no_autoflush:
            _assign(record, changes)
        _ask_table(session, table, before, values)
        session.add(record)
        session.flush()
        check_written(session, table, values, {column.sql for column in changes})


def _ask_table(
    session: Session,
    table: Table,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    """Let the table's own ``info={"validate": callable(session, before, after)}`` refuse.

    Both are values of all public columns by name; None before an insert and after a delete.
    What it raises as a ValueError is told to the person; an Invalid tells it at the fields.
    """
    with session.no_autoflush:
        if table.validate is not None:
            table.validate(session, before, after)
        for each in table.ancestors:
            if each.table.validate is not None:
                each.table.validate(session, _part(each, before), _part(each, after))


def _part(ancestor: Ancestor, row: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what an ancestor has of a record; what is of other classes there is None."""
    if row is None:
        return None
    nothing = {each.name: None for each in ancestor.table.public_columns}
    inherited = {each.name: row[each.name] for each in ancestor.columns}
    return {**nothing, **inherited, **{name: row[each.name] for each, name in ancestor.key.pairs}}


def _plain(value: Any) -> Any:
    """Return what the database will hold: the SQL constants for JSON's two nulls are both None."""
    return None if isinstance(value, sa.sql.elements.Null) or value is sa.JSON.NULL else value


def _check_limits(changes: Changes, dialect: str) -> None:
    errors: dict[str | None, list[str]] = {}
    for column, value in changes.items():
        try:
            limits.check(column, value, dialect)
        except ValueError as error:
            errors[column.name] = [str(error)]
    if errors:
        raise Refused(errors)


def _assign(record: Any, changes: Changes) -> None:
    """Set the attributes; what a model's own validators refuse is told at its field."""
    errors: dict[str | None, list[str]] = {}
    for column, value in changes.items():
        try:
            _set(record, column, value)
        except ValueError as error:
            errors[column.name] = [str(error)]
    if errors:
        raise Refused(errors)


def _set(record: Any, column: Column, value: Any) -> None:
    if column.discriminates:
        return  # The ORM writes it, of the class.
    mapper = sa.inspect(record).mapper
    attribute = attribute_of(mapper, column.sql)
    if attribute is None:
        if _plain(value) is not None:
            raise ValueError(f"A {humanize(mapper.class_.__name__)} has no {column.label}.")
        return
    try:
        setattr(record, attribute, value)
    except ValueError:
        # A mutable JSON type takes no SQL constant; None is the nearest that it does take.
        if column.kind != "json" or _plain(value) is not None:
            raise
        setattr(record, attribute, None)

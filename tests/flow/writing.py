"""Every way in which a session changes the shop, as steps that hypothesis puts together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.support.databases import NUL, or_ignore, upsert
from tests.support.shop import Base, Customer, Line, Order, State, Tag, customer_tag

TEXTS = ("a", "b", "B", "ab", "", " ", "é", "%", "_", "<b>", "x\n\ndata: y", "\u2028", f"n{NUL}l")

STATES = tuple(State)
CUSTOMER, ORDER, LINE = Customer.__table__, Order.__table__, Line.__table__


@dataclass(frozen=True)
class Step:
    """One change; ``savepoint`` is None, "kept" or "rolled back"."""

    operation: str
    a: int
    b: int
    text: str
    savepoint: str | None


def run(session: Session, step: Step) -> None:
    """Do one step. Raises IntegrityError where the database refuses it outside of a savepoint."""
    session.flush()
    session.expire_all()
    change = OPERATIONS[step.operation]
    if step.savepoint is None:
        change(session, step.a, step.b, step.text)
        session.flush()
        return
    savepoint = session.begin_nested()
    try:
        change(session, step.a, step.b, step.text)
        session.flush()
    except IntegrityError:
        savepoint.rollback()
    else:
        savepoint.commit() if step.savepoint == "kept" else savepoint.rollback()


Transaction = tuple[list[Step], str]
"""Its steps, and how it ends: commit, rollback or error."""


def transact(sessions: Callable[[], Session], transaction: Transaction) -> None:
    """Write one transaction over any tables; what doesn't stay has a word of its own in it."""
    steps, ending = transaction
    with sessions() as session:
        try:
            for step in steps:
                kept = ending == "commit" and step.savepoint != "rolled back"
                text = step.text if kept else "phantom" + step.text
                run(session, replace(step, text=text))
            if ending == "error":
                raise ZeroDivisionError
            session.commit() if ending == "commit" else session.rollback()
        except (IntegrityError, ZeroDivisionError):
            session.rollback()


def empty(sessions: Callable[[], Session]) -> None:
    """Delete every row of the shop."""
    with sessions() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(sa.delete(table))
        session.commit()


def fill(session: Session, rows: int) -> None:
    """Add some customers, orders with lines, and tags."""
    tags = [Tag(name=f"t{number}") for number in range(rows // 2)]
    for number in range(1, rows + 1):
        customer = Customer(name=TEXTS[number % 5], email=f"{number}@x", tags=tags[: number % 3])
        lines = [Line(number=each, product=f"p{each}") for each in range(number % 4)]
        customer.orders = [
            Order(note=TEXTS[number % 7], total=number % 3, due=date(2024, 1, number), lines=lines)
        ]
        session.add(customer)


def _one(session: Session, model: Any, number: int) -> Any:
    """Return some row of a model, or None where it has none."""
    keys = sa.inspect(model).primary_key
    count = session.scalar(sa.select(sa.func.count()).select_from(model))
    query = sa.select(model).order_by(*keys).offset(number % max(1, count or 0)).limit(1)
    return session.scalar(query)


def insert_customer(session: Session, a: int, b: int, text: str) -> None:
    email = f"{text}{a}@x" if b % 2 else None
    session.add(Customer(name=text, email=email, secret=text))


def insert_customer_of_key(session: Session, a: int, b: int, text: str) -> None:
    session.add(Customer(id=a + 1, name=text))


def insert_order(session: Session, a: int, b: int, text: str) -> None:
    customer, replaced = _one(session, Customer, a), _one(session, Order, b)
    if customer is not None:
        products = dict.fromkeys((text[:50], "pen"))
        lines = enumerate(list(products)[: b % 3], 1)
        session.add(
            Order(
                customer=customer,
                replaces_id=replaced.id if replaced is not None and b % 2 else None,
                state=STATES[a % 3],
                total=Decimal(b) / 4 if b % 4 else None,
                note=text,
                due=date(2024, 1, 1 + a) if a % 3 else None,
                placed=datetime(2024, 2, 1 + b, a, 0, 0, 500_000 * (b % 2)) if b % 3 else None,
                lines=[Line(number=number, product=each) for number, each in lines],
            )
        )


def insert_tag(session: Session, a: int, b: int, text: str) -> None:
    session.add(Tag(name=f"{text}{a}"))


def update_customer(session: Session, a: int, b: int, text: str) -> None:
    customer = _one(session, Customer, a)
    if customer is not None:
        customer.name, customer.secret = text, f"{b}"
        customer.email = None if b % 3 else f"{text}{b}@x"


def update_secret(session: Session, a: int, b: int, text: str) -> None:
    customer = _one(session, Customer, a)
    if customer is not None:
        customer.secret = text


def update_order(session: Session, a: int, b: int, text: str) -> None:
    order = _one(session, Order, a)
    if order is not None:
        order.state, order.note = STATES[b % 3], text
        order.total = Decimal(a) / 4 if b % 2 else None
        order.due = date(2024, 1, 1 + b) if a % 2 else None
        other = _one(session, Order, b)
        order.replaces_id = other.id if b % 3 == 0 else None


def update_one_column(session: Session, a: int, b: int, text: str) -> None:
    """Change little, so that a row moves or leaves a view without any other difference."""
    model, column, value = (
        (Customer, "name", text),
        (Customer, "email", f"{text}{a}@y"),
        (Order, "state", STATES[a % 3]),
        (Order, "total", Decimal(a) / 4),
        (Order, "due", date(2024, 1, 1 + a)),
        (Order, "placed", datetime(2024, 2, 1 + a, 3)),
        (Order, "note", text or None),
        (Line, "quantity", a + 1),
        (Line, "product", f"{text}{a}"),
        (Order, "replaces_id", None),
    )[b]
    found = _one(session, model, a)
    if found is not None:
        setattr(found, column, value)


def rename(session: Session, a: int, b: int, text: str) -> None:
    """Change what a customer is called, and so how the orders that refer to it are shown."""
    order = _one(session, Order, a)
    if order is not None:
        order.customer.name = f"{text}{b}"


def move_order(session: Session, a: int, b: int, text: str) -> None:
    order, customer = _one(session, Order, a), _one(session, Customer, b)
    if order is not None:
        order.customer_id = customer.id


def update_and_set_back(session: Session, a: int, b: int, text: str) -> None:
    customer = _one(session, Customer, a)
    if customer is not None:
        before, customer.name = customer.name, text
        session.flush()
        customer.name = before


def add_line(session: Session, a: int, b: int, text: str) -> None:
    order = _one(session, Order, a)
    if order is not None:
        order.lines.append(Line(number=b + 1, product=text[:50], quantity=a + 1))


def orphan_line(session: Session, a: int, b: int, text: str) -> None:
    order = _one(session, Order, a)
    if order is not None and order.lines:
        order.lines.pop(b % len(order.lines))


def delete_customer(session: Session, a: int, b: int, text: str) -> None:
    _delete(session, Customer, a)


def delete_order(session: Session, a: int, b: int, text: str) -> None:
    _delete(session, Order, a)


def delete_tag(session: Session, a: int, b: int, text: str) -> None:
    _delete(session, Tag, a)


def _delete(session: Session, model: Any, number: int) -> None:
    found = _one(session, model, number)
    if found is not None:
        session.delete(found)


def insert_and_delete(session: Session, a: int, b: int, text: str) -> None:
    passing = Customer(name=text)
    session.add(passing)
    session.flush()
    session.delete(passing)


def delete_and_insert_again(session: Session, a: int, b: int, text: str) -> None:
    line = _one(session, Line, a)
    if line is not None:
        key = line.order_id, line.number
        session.delete(line)
        session.flush()
        session.add(Line(order_id=key[0], number=key[1], product=text[:50], quantity=b + 1))


def set_tags(session: Session, a: int, b: int, text: str) -> None:
    customer = _one(session, Customer, a)
    if customer is not None:
        tags = session.scalars(sa.select(Tag).order_by(Tag.name)).all()
        customer.tags = list(tags[b % 3 : a + 1])


def new_tag(session: Session, a: int, b: int, text: str) -> None:
    customer = _one(session, Customer, a)
    if customer is not None:
        customer.tags.append(Tag(name=f"{text}{b}"))


def core_tags(session: Session, a: int, b: int, text: str) -> None:
    customer, tag = _one(session, Customer, a), _one(session, Tag, b)
    if customer is not None and tag is not None:
        pair = {"customer_id": customer.id, "tag": tag.name}
        session.execute(sa.delete(customer_tag).filter_by(**pair))
        if a % 2:
            session.execute(sa.insert(customer_tag), [pair])


def rename_tag(session: Session, a: int, b: int, text: str) -> None:
    tag = _one(session, Tag, a)
    if tag is not None:
        tag.name = f"{text}{b}"


def move_order_key(session: Session, a: int, b: int, text: str) -> None:
    order = _one(session, Order, a)
    if order is not None:
        session.execute(sa.update(ORDER).where(ORDER.c.id == order.id).values(id=b + 1))


def orm_order_key(session: Session, a: int, b: int, text: str) -> None:
    order = _one(session, Order, a)
    if order is not None and order.id != b + 10 and session.get(Order, b + 10) is None:
        order.id = b + 10


def move_customer_key(session: Session, a: int, b: int, text: str) -> None:
    customer = _one(session, Customer, a)
    if customer is not None:
        session.execute(sa.update(Customer).where(Customer.id == customer.id).values(id=b + 1))


def move_lines(session: Session, a: int, b: int, text: str) -> None:
    session.execute(sa.update(LINE).values(number=LINE.c.number + 10 * (a - 4)))


def bulk_insert(session: Session, a: int, b: int, text: str) -> None:
    rows = [{"name": f"{text}{each}"} for each in range(a % 4 + 1)]
    session.execute(sa.insert(Customer), rows)


def bulk_insert_returning(session: Session, a: int, b: int, text: str) -> None:
    rows = [{"name": text, "email": f"{text}{b + each}@x"} for each in range(a % 3 + 1)]
    session.scalars(sa.insert(Customer).returning(Customer), rows).all()


def bulk_update(session: Session, a: int, b: int, text: str) -> None:
    session.execute(sa.update(Order).where(Order.id % 2 == b % 2).values(note=text, total=b))


def bulk_update_by_key(session: Session, a: int, b: int, text: str) -> None:
    keys = session.scalars(sa.select(Order.id).limit(a)).all()
    if keys:
        session.execute(sa.update(Order), [{"id": key, "note": f"{text}{key}"} for key in keys])


def bulk_delete(session: Session, a: int, b: int, text: str) -> None:
    session.execute(sa.delete(Line).where(Line.quantity > b))


def bulk_delete_customers(session: Session, a: int, b: int, text: str) -> None:
    session.execute(sa.delete(Customer).where(Customer.id % 4 == a % 4))


def legacy_bulk(session: Session, a: int, b: int, text: str) -> None:
    session.bulk_save_objects([Customer(name=text) for _ in range(a % 3)])
    order = _one(session, Order, b)
    if order is not None:
        session.bulk_update_mappings(Order, [{"id": order.id, "note": text}])


def core_insert(session: Session, a: int, b: int, text: str) -> None:
    rows = [{"name": text}, {"name": text, "email": f"{text}{b}@x"}]
    session.execute(sa.insert(CUSTOMER).values([{"email": None, **row} for row in rows]))


def core_insert_of_keys(session: Session, a: int, b: int, text: str) -> None:
    rows = [{"id": key, "name": text} for key in (a + 1, a + b + 2)]
    session.execute(sa.insert(CUSTOMER).values(rows))


def core_update(session: Session, a: int, b: int, text: str) -> None:
    total = sa.func.coalesce(ORDER.c.total, 0) + ORDER.c.id
    found = sa.select(CUSTOMER.c.id).where(CUSTOMER.c.name == text)
    session.execute(
        sa.update(ORDER)
        .where(sa.or_(ORDER.c.customer_id.in_(found), ORDER.c.id > a))
        .values(total=total)
    )


def core_delete(session: Session, a: int, b: int, text: str) -> None:
    session.connection().execute(sa.delete(ORDER).where(ORDER.c.id == b + 1))


def insert_from_select(session: Session, a: int, b: int, text: str) -> None:
    names = sa.select(CUSTOMER.c.name.concat(str(a))).distinct()
    session.execute(sa.insert(Tag).from_select(["name"], names.where(CUSTOMER.c.id > b)))


def upsert_tag(session: Session, a: int, b: int, text: str) -> None:
    statement = upsert(Tag).values([{"name": f"{text}{a}"}, {"name": f"{text}{b}!"}])
    session.execute(statement.on_conflict_do_nothing(index_elements=["name"]))


def upsert_customer(session: Session, a: int, b: int, text: str) -> None:
    rows = [{"name": text, "email": f"{text}{each}@x"} for each in {a, b}]
    statement = upsert(Customer).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["email"], set_={"name": statement.excluded.name + "!"}
        )
    )


def replace_tag(session: Session, a: int, b: int, text: str) -> None:
    session.execute(sa.insert(Tag).prefix_with(or_ignore).values(name=f"{text}{a}"))


OPERATIONS: dict[str, Callable[[Session, int, int, str], None]] = {
    each.__name__: each
    for each in (
        insert_customer,
        insert_customer_of_key,
        insert_order,
        insert_tag,
        update_customer,
        update_secret,
        update_order,
        update_one_column,
        rename,
        move_order,
        update_and_set_back,
        add_line,
        orphan_line,
        delete_customer,
        delete_order,
        delete_tag,
        insert_and_delete,
        delete_and_insert_again,
        set_tags,
        new_tag,
        core_tags,
        rename_tag,
        move_order_key,
        orm_order_key,
        move_customer_key,
        move_lines,
        bulk_insert,
        bulk_insert_returning,
        bulk_update,
        bulk_update_by_key,
        bulk_delete,
        bulk_delete_customers,
        legacy_bulk,
        core_insert,
        core_insert_of_keys,
        core_update,
        core_delete,
        insert_from_select,
        upsert_tag,
        upsert_customer,
        replace_tag,
    )
}

numbers = st.integers(0, 9)
steps = st.builds(
    Step,
    operation=st.sampled_from([*sorted(OPERATIONS), *["update_one_column"] * 10, *["rename"] * 4]),
    a=numbers,
    b=numbers,
    text=st.sampled_from(TEXTS),
    savepoint=st.sampled_from([None, "kept", "rolled back"]),
)

transactions = st.tuples(
    st.lists(steps, min_size=1, max_size=4),
    st.sampled_from(["commit", "commit", "commit", "rollback", "error"]),
)

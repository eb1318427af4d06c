"""What becomes of those who refer to a record that is deleted."""

from __future__ import annotations

import pytest

from dashboard.catalog import Catalog
from dashboard.forms.related import BLOCKED, DELETED, EMPTIED, Related, fate_of, related_to
from tests.forms.models import Parcel, Person
from tests.support import shop

CATALOG = Catalog()
for model in shop.MODELS:
    CATALOG.add(model)


@pytest.mark.parametrize(
    ("table", "other", "column", "fate"),
    [
        ("customer", "shop_order", "customer_id", DELETED),  # by the database
        ("shop_order", "shop_order", "replaces_id", EMPTIED),  # by the database
        ("shop_order", "line", "order_id", DELETED),  # by the ORM
    ],
)
def test_fates(table, other, column, fate):
    assert fate_of(CATALOG[table], CATALOG[other], key_of(CATALOG[other], column)) == fate


def test_without_a_rule_they_are_in_the_way(catalog):
    parcel = catalog["parcel"]
    assert fate_of(catalog["person"], parcel, key_of(parcel, "owner_id")) == BLOCKED


def test_who_refers_by_several_columns(catalog):
    line = catalog["parcel_line"]
    assert fate_of(catalog["parcel"], line, key_of(line, "depot")) == DELETED  # by the ORM


def key_of(table, column):
    return next(key for key in table.foreign_keys if key.columns[0].name == column)


def test_only_who_refers_and_may_be_seen(session, catalog):
    session.add_all([Person(id=1, name="Ada"), Person(id=2, name="Bob", boss_id=1)])
    session.flush()
    session.add_all(Parcel(depot="n", number=n, owner_id=1, label=str(n)) for n in range(3))
    session.flush()

    def found(key, may_see=lambda table: True):
        return related_to(session, catalog, catalog["person"], {"id": key}, may_see)

    assert found(1) == [
        Related("People of the house (Boss)", 1, BLOCKED),
        Related("Parcel (Owner)", 3, BLOCKED),
    ]
    assert [each.count_text for each in found(1)] == [
        "1 record still refers to it",
        "3 records still refer to it",
    ]
    assert found(2) == []
    assert [each.count for each in found(1, lambda table: table.name == "person")] == [1]

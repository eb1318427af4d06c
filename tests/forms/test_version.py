from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.catalog import Catalog
from dashboard.forms.version import version_of
from tests.forms.models import Parcel, Person

CATALOG = Catalog()
CATALOG.add(Person)
CATALOG.add(Parcel)
PERSON = CATALOG["person"]


def row(**values):
    return {column.name: None for column in PERSON.columns} | values


texts = st.none() | st.text('ab",:\u2028\ud800')


@settings(deadline=None)
@given(texts, texts, texts, texts)
def test_only_equal_records_have_equal_versions(a, b, c, d):
    one, other = row(name=a, notes=b), row(name=c, notes=d)
    assert (version_of(PERSON, one) == version_of(PERSON, other)) == (one == other)


def test_what_is_not_shown_counts_but_what_is_private_does_not():
    before = version_of(PERSON, row())
    assert version_of(PERSON, row(created="x")) != before
    assert version_of(PERSON, row(internal="x")) != before
    assert version_of(PERSON, row(password="x")) == before


def test_values_of_different_types_differ():
    parcel = CATALOG["parcel"]
    empty = {column.name: None for column in parcel.columns}
    values = [Decimal("1.5"), Decimal("1.50"), True, 1, None, ""]
    assert len({version_of(parcel, empty | {"weight": each}) for each in values}) == 6

from __future__ import annotations

import pytest

from dashboard.forms.references import label_of, target_of
from tests.forms.models import Person


@pytest.fixture
def owner(session, catalog):
    session.add(Person(id=7, name="Ada"))
    session.flush()
    return target_of(catalog, catalog["parcel"].column("owner_id"))


def test_the_label_of_a_key(session, owner):
    assert label_of(session, *owner, "7") == "Ada"


@pytest.mark.parametrize("text", ["", "8", "Ada", "\0", "9" * 30, "x" * 100_000])
def test_what_names_nobody_has_none(session, owner, text):
    assert label_of(session, *owner, text) == ""


def test_what_is_no_reference(catalog):
    assert target_of(catalog, catalog["parcel"].column("label")) is None
    # A key of several columns is no reference of any one of them.
    assert target_of(catalog, catalog["parcel_line"].column("number")) is None

"""Writing through the ORM: whole, or refused with a sentence at the right field."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from dashboard.changes import log
from dashboard.forms import store
from dashboard.forms.constraints import IN_USE
from dashboard.forms.records import find, key_of, row_of
from dashboard.forms.refusal import Refused
from dashboard.forms.refusing import IGNORED
from tests.forms.models import Base, Line, Parcel, Person, Sample
from tests.support.databases import POSTGRESQL, sqlite_only


def changes(table, **values):
    return {table.column(name): value for name, value in values.items()}


def refused(call, *args):
    with pytest.raises(Refused) as caught:
        call(*args)
    return caught.value.errors


@pytest.fixture
def person(catalog):
    return catalog["person"]


@pytest.fixture
def parcel(catalog):
    return catalog["parcel"]


@pytest.fixture
def ada(session, person):
    return store.create(session, person, changes(person, name="Ada"))


@pytest.fixture
def make(session, parcel, ada):
    def make(number=1, **values):
        given = {"depot": "north", "number": number, "owner_id": ada.id, "label": f"p{number}"}
        return store.create(session, parcel, changes(parcel, **given | values))

    return make


def count(session, model):
    return session.scalar(sa.select(sa.func.count()).select_from(model))


def test_create_gives_the_key(session, person, ada):
    assert key_of(person, ada) == (1,)
    session.commit()
    assert find(session, person, (1,)).created == "by the model"


def test_update_changes_only_what_it_is_given(session, person, ada):
    before = row_of(person, ada)
    store.update(session, person, ada, changes(person, code="x"))
    session.expire_all()
    assert row_of(person, find(session, person, (1,), lock=True)) == before | {"code": "x"}


def test_taken(session, person, ada):
    errors = refused(store.create, session, person, changes(person, name="Ada"))
    assert errors == {"name": ["Another record has this Name already."]}
    assert count(session, Person) == 1


def test_taken_together(session, make):
    make(1, label="same")
    with pytest.raises(Refused) as caught:
        make(2, label="same")
    assert caught.value.errors == {
        "owner_id": ["Another record has the same Owner and Label already."]
    }


def test_a_key_that_is_taken(session, make):
    make(1)
    session.expunge_all()
    with pytest.raises(Refused) as caught:
        make(1, label="other")
    assert caught.value.errors == {
        "depot": ["Another record has the same Depot and Number already."]
    }


def test_missing(session, parcel, ada):
    errors = refused(
        store.create, session, parcel, changes(parcel, depot="n", number=1, owner_id=ada.id)
    )
    assert errors == {"label": ["A value is needed here."]}


def test_a_reference_to_nobody(session, make):
    with pytest.raises(Refused) as caught:
        make(1, owner_id=4711)
    assert caught.value.errors == {"owner_id": ["There is no such Owner."]}


def test_a_reference_of_several_columns_to_nobody(session, catalog):
    line = catalog["parcel_line"]
    given = changes(line, depot="south", number=3, what="x")
    errors = refused(store.create, session, line, given)
    assert errors == {"depot": ["There is no such Depot and Number."]}
    store.create(session, line, changes(line, depot="south", number=None, what="x"))


def test_a_check_of_one_column_is_told_there(session, make):
    with pytest.raises(Refused) as caught:
        make(1, weight=Decimal(-1))
    assert caught.value.errors == {"weight": ["This breaks the rule weight > 0."]}


def test_a_check_of_several_columns_is_told_at_the_top(session, make):
    with pytest.raises(Refused) as caught:
        make(1, sent=date(2013, 7, 22), opened=date(2013, 7, 21))
    assert caught.value.errors == {None: ["This breaks the rule opened IS NULL OR opened >= sent."]}


def test_a_check_is_named_by_its_own_message(session, catalog, monkeypatch):
    check = next(each for each in Sample.__table__.constraints if each.name == "colour")
    monkeypatch.setitem(check.info, "message", "Only traffic lights.")
    table = catalog["sample"]
    errors = refused(store.create, session, table, changes(table, colour="blue"))
    assert errors == {"colour": ["Only traffic lights."]}


def test_what_the_model_refuses_is_told_at_its_field(session, person, ada):
    assert refused(store.update, session, person, ada, changes(person, name="a@b")) == {
        "name": ["A name has no @ in it."]
    }


def test_what_the_table_refuses_is_told_at_the_top(session, person):
    boss = store.create(session, person, changes(person, name="Boss"))
    for call, args in ((store.update, [changes(person, name="Nobody")]), (store.delete, [])):
        errors = refused(call, session, person, *([boss, *args]))
        assert errors == {None: ["The Boss has to stay."]}
    assert find(session, person, key_of(person, boss)).name == "Boss"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", Decimal("1.00001")),
        ("number", Decimal("123456789")),
        ("number", Decimal("1" * 9)),
        ("integer", 2**63),
        ("integer", -(2**63) - 1),
    ],
)
def test_what_would_be_cut_is_refused(session, sample, name, value):
    assert list(refused(store.create, session, sample, changes(sample, **{name: value}))) == [name]


@pytest.mark.parametrize("value", [Decimal("1.0000000"), Decimal("-12345678.1234"), Decimal("0")])
def test_what_fits_is_kept(session, sample, value):
    record = store.create(session, sample, changes(sample, number=value))
    session.commit()
    assert record.number == value


@sqlite_only  # PostgreSQL refuses it itself.
def test_what_a_type_refuses(session, sample):
    errors = refused(store.create, session, sample, changes(sample, date="never"))
    assert "can't store this" in errors[None][0]


@pytest.mark.parametrize(("given", "stored"), [(sa.null(), None), (None, "null"), ([1], "[1]")])
def test_json_null_and_sql_null(session, sample, given, stored):
    record = store.create(session, sample, changes(sample, json={"a": 1}))
    store.update(session, sample, record, changes(sample, json=given))
    assert session.scalar(sa.text("SELECT CAST(json AS TEXT) FROM sample")) == stored


def test_the_log_has_what_was_stored(engine, sessions, sample):
    Base.metadata.create_all(engine)
    with sessions.begin() as session:
        first = store.create(session, sample, changes(sample, json=[1], text="a"))
        assert store.create(session, sample, changes(sample, json=sa.null())).json is None
        refused(store.update, session, sample, first, changes(sample, text="b", colour="blue"))
        store.update(session, sample, first, changes(sample, json=sa.null()))
    with sessions.begin() as session:
        store.update(session, sample, find(session, sample, (1,)), changes(sample, json=[2]))
    with engine.connect() as connection:
        logged = [(each.op, each.after) for each in log.read(connection, 0)]
    assert [(op, after["json"], after["text"]) for op, after in logged] == [
        ("insert", None, "a"),
        ("insert", None, None),
        ("update", [2], "a"),
    ]


def test_a_refusal_leaves_what_came_before_it(session, person, ada):
    refused(store.create, session, person, changes(person, name="Ada"))
    refused(store.update, session, person, ada, changes(person, name="x" * 9, boss_id=99))
    session.commit()
    assert [each.name for each in session.scalars(sa.select(Person))] == ["Ada"]


def test_delete_takes_its_lines_along(session, parcel, catalog, make):
    record = make(1)
    line = catalog["parcel_line"]
    store.create(session, line, changes(line, depot="north", number=1, what="x"))
    session.expire_all()
    store.delete(session, parcel, record)
    assert count(session, Parcel) == count(session, Line) == 0


def test_delete_of_what_is_in_use(session, person, ada, make):
    make(1)
    assert refused(store.delete, session, person, ada) == {None: [IN_USE]}
    session.commit()
    assert count(session, Person) == count(session, Parcel) == 1


def test_a_rule_is_asked_about_the_whole_record(session, parcel, make):
    asked = []
    object.__setattr__(parcel, "validate", lambda session, *values: asked.append(values))
    try:
        record = make(1, weight=Decimal(2))
        store.update(session, parcel, record, changes(parcel, label="new"))
        store.delete(session, parcel, record)
    finally:
        object.__setattr__(parcel, "validate", None)
    names = {column.name for column in parcel.columns}
    assert [[each and set(each) for each in both] for both in asked] == [
        [None, names],
        [names, names],
        [names, None],
    ]
    assert asked[0][1]["weight"] == 2
    assert asked[0][1]["fragile"] is False
    assert (asked[1][0]["label"], asked[1][1]["label"]) == ("p1", "new")


def test_a_trigger_may_refuse(session, person, ada):
    action = "BEGIN SELECT RAISE(ABORT, 'Not on Mondays.'); END"
    if POSTGRESQL:
        function = "BEGIN RAISE EXCEPTION 'Not on Mondays.'; END"
        session.execute(
            sa.text(f"CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $${function}$$")
        )
        action = "FOR EACH ROW EXECUTE FUNCTION no()"
    for event in ("DELETE", "UPDATE"):
        session.execute(sa.text(f"CREATE TRIGGER no_{event} BEFORE {event} ON person {action}"))
    reason = {None: ["The database refused this record: Not on Mondays."]}
    assert refused(store.delete, session, person, ada) == reason
    assert refused(store.update, session, person, ada, changes(person, code="x")) == reason


def trigger(session, event, action, body):
    """Make a trigger on person, and on PostgreSQL the function that does the same."""
    if POSTGRESQL:
        function = f"CREATE FUNCTION it() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} END$$"
        session.execute(sa.text(function))
        action = "FOR EACH ROW EXECUTE FUNCTION it()"
    session.execute(sa.text(f"CREATE TRIGGER it BEFORE {event} ON person {action}"))


def test_a_broken_trigger_refuses(session, person, ada):
    broken = "BEGIN SELECT gone FROM nowhere; END"
    trigger(session, "UPDATE", broken, "PERFORM gone FROM nowhere; RETURN NEW;")
    (reason,) = refused(store.update, session, person, ada, changes(person, code="x"))[None]
    assert reason.startswith("The database refused this record:") and "nowhere" in reason


@pytest.mark.parametrize("event", ["UPDATE", "INSERT"])
def test_a_trigger_may_leave_all_as_it_was(session, person, ada, event):
    trigger(session, event, "BEGIN SELECT RAISE(IGNORE); END", "RETURN NULL;")
    given = changes(person, name="Eve")
    call = (
        (store.update, session, person, ada)
        if event == "UPDATE"
        else (store.create, session, person)
    )
    assert refused(*call, given) == {None: [IGNORED]}
    assert find(session, person, (1,)).name == "Ada"


@sqlite_only
def test_a_trigger_may_roll_all_of_the_transaction_back(session, person, ada):
    session.commit()
    trigger(session, "UPDATE", "BEGIN SELECT RAISE(ROLLBACK, 'Not today.'); END", "")
    reason = {None: ["The database refused this record: Not today."]}
    assert refused(store.update, session, person, ada, changes(person, code="x")) == reason


def test_a_database_that_is_away_is_no_fault_of_the_data(session, person, engine):
    if POSTGRESQL:
        mine = session.scalar(sa.select(sa.func.pg_backend_pid()))
        with engine.connect() as connection:
            connection.execute(sa.select(sa.func.pg_terminate_backend(mine)))
    else:
        session.execute(sa.text("PRAGMA query_only = ON"))
    with pytest.raises(OperationalError):
        store.create(session, person, changes(person, name="x"))
    if not POSTGRESQL:
        session.execute(sa.text("PRAGMA query_only = 0"))


def test_a_trigger_that_runs_only_in_its_own_program_refuses(session, person, ada):
    if POSTGRESQL:
        session.execute(sa.text(
            "CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.code := soundex_of_ours(NEW.name); RETURN NEW; END $$"
        ))  # fmt: skip
        when, call = "BEFORE UPDATE ON person FOR EACH ROW", "EXECUTE FUNCTION theirs()"
    else:
        when, call = "BEFORE UPDATE ON person", "BEGIN SELECT soundex_of_ours(NEW.name); END"
    session.execute(sa.text(f"CREATE TRIGGER sound {when} {call}"))
    (reason,) = refused(store.update, session, person, ada, changes(person, code="x"))[None]
    assert "soundex_of_ours" in reason


def test_a_table_without_a_plain_constructor(session, catalog):
    class Needy(Person):
        def __init__(self, name):
            raise AssertionError

    assert store._instance(Needy).name is None

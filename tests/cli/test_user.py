"""``dashboard user``: people are added, changed and removed without a page."""

import io

import pytest

from dashboard.changes import log
from dashboard.cli.database import open_database
from dashboard.models.passwords import verify_password
from dashboard.models.people import User

PASSWORD = "a long enough password"


@pytest.fixture
def users(ini):
    """Return a function that reads the users by name."""
    database = open_database(ini)

    def read():
        with database.sessions() as session:
            return {user.name: user for user in session.query(User)}

    yield read
    database.engine.dispose()


@pytest.fixture
def ada(dashboard, ini):
    arguments = ("user", "add", ini, "ada", "--role", "admin", "--password-stdin")
    result = dashboard(*arguments, stdin=f"{PASSWORD}\n")
    assert result.status == 0, result.err
    return "ada"


def test_add(users, ada):
    user = users()[ada]
    assert user.role == "admin"
    assert verify_password(user.password_hash, PASSWORD)
    assert PASSWORD not in user.password_hash


def test_add_is_in_the_log_without_the_password(dashboard, ini, ada):
    database = open_database(ini)
    with database.sessions() as session:
        (change,) = log.read(session.connection(), 0)
    database.engine.dispose()
    assert (change.table, change.op, change.actor) == ("people", "insert", "command line")
    assert "password_hash" not in change.after


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("ada", PASSWORD, "There is a user ada already."),
        ("", PASSWORD, "A name is needed."),
        ("bob", "short", "at least 10 characters"),
        ("bob", "", "at least 10 characters"),
        ("b" * 101, PASSWORD, "at most 100 characters"),
    ],
)
def test_what_can_not_be_added(dashboard, ini, users, ada, name, password, sentence):
    arguments = ("user", "add", ini, name, "--role", "editor", "--password-stdin")
    result = dashboard(*arguments, stdin=password)
    assert result.status == 1
    assert sentence in result.err
    assert list(users()) == [ada]


def test_without_a_terminal_the_password_is_not_waited_for(dashboard, ini):
    result = dashboard("user", "add", ini, "bob", "--role", "editor", stdin=PASSWORD)
    assert result.status == 1
    assert "--password-stdin" in result.err


@pytest.mark.parametrize("second", [PASSWORD, "another long password"])
def test_on_a_terminal_it_is_asked_for_twice(dashboard, ini, users, monkeypatch, second):
    answers = [PASSWORD, second]
    monkeypatch.setattr("getpass.getpass", lambda prompt: answers.pop(0))
    monkeypatch.setattr("io.StringIO", Terminal)
    result = dashboard("user", "add", ini, "bob", "--role", "editor")
    if second == PASSWORD:
        assert list(users()) == ["bob"]
    else:
        assert result.err == "dashboard: The two passwords differ.\n"
        assert not users()


def test_ctrl_c_at_the_question_is_no_traceback(dashboard, ini, users, monkeypatch):
    def interrupted(prompt):
        raise KeyboardInterrupt

    monkeypatch.setattr("getpass.getpass", interrupted)
    monkeypatch.setattr("io.StringIO", Terminal)
    result = dashboard("user", "add", ini, "bob", "--role", "editor")
    assert (result.status, result.err) == (130, "")
    assert not users()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_list(dashboard, ini, ada):
    assert dashboard("user", "list", ini).out == "ada  admin\n"


def test_list_of_nobody(dashboard, ini):
    result = dashboard("user", "list", ini)
    assert (result.status, result.out, result.err) == (0, "", "There are no users.\n")


def test_role_and_remove(dashboard, ini, users, ada):
    stdin = f"{PASSWORD}\n"
    dashboard("user", "add", ini, "bob", "--role", "watcher", "--password-stdin", stdin=stdin)
    assert dashboard("user", "role", ini, "bob", "--role", "editor").status == 0
    assert users()["bob"].role == "editor"
    assert dashboard("user", "remove", ini, "bob").status == 0
    assert list(users()) == [ada]


def test_the_last_admin_stays(dashboard, ini, users, ada):
    for arguments in (("role", ini, ada, "--role", "watcher"), ("remove", ini, ada)):
        result = dashboard("user", *arguments)
        assert result.status == 1
        assert "only admin" in result.err
    assert users()[ada].role == "admin"


def test_a_new_password_ends_the_sessions(dashboard, ini, users, ada):
    before = users()[ada].session_epoch
    arguments = ("user", "password", ini, ada, "--password-stdin")
    assert dashboard(*arguments, stdin="something else entirely").status == 0
    user = users()[ada]
    assert user.session_epoch > before
    assert verify_password(user.password_hash, "something else entirely")


@pytest.mark.parametrize("command", ["role", "remove", "password"])
def test_who_is_not_there_is_said(dashboard, ini, command):
    extra = {"role": ["--role", "admin"], "password": ["--password-stdin"]}.get(command, [])
    result = dashboard("user", command, ini, "nobody", *extra, stdin=PASSWORD)
    assert (result.status, result.err) == (1, "dashboard: There is no user nobody.\n")

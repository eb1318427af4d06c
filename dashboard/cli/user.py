"""``dashboard user``: who may sign in, and as what."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.cli.database import add_ini, open_database
from dashboard.cli.errors import CommandError
from dashboard.models import admins
from dashboard.models.admins import name_problem
from dashboard.models.passwords import hash_password, weakness
from dashboard.models.people import ROLES, User


def add_to(commands: Any) -> None:
    parser = commands.add_parser("user", help="who may sign in: list, add, role, password, remove")
    family = parser.add_subparsers(metavar="COMMAND", required=True)
    _add(family, "list", list_users, "list the users and their roles", named=False)
    add = _add(family, "add", add_user, "add a user, or fail if there is one of that name")
    role = _add(family, "role", change_role, "give a user another role")
    password = _add(family, "password", change_password, "set a password, and sign the user out")
    _add(family, "remove", remove_user, "delete a user")
    for each in (add, role):
        each.add_argument("--role", required=True, choices=ROLES, help="what the user may do")
    for each in (add, password):
        each.add_argument(
            "--password-stdin", action="store_true",
            help="read the password from standard input instead of asking for it",
        )  # fmt: skip


def _add(family: Any, name: str, run: Any, text: str, named: bool = True) -> Any:
    parser = family.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
    add_ini(parser)
    if named:
        # The sign-in page leaves out spaces around a name, so no name may have them.
        parser.add_argument(
            "name", metavar="NAME", type=str.strip, help="the name that is given to sign in"
        )
    parser.set_defaults(run=run)
    return parser


def list_users(given: argparse.Namespace) -> None:
    with open_database(given.ini).sessions() as session:
        users = session.scalars(select(User).order_by(User.name)).all()
    width = max((len(user.name) for user in users), default=0)
    for user in users:
        print(f"{user.name:{width}}  {user.role}")
    if not users:
        print("There are no users.", file=sys.stderr)


def add_user(given: argparse.Namespace) -> None:
    database = open_database(given.ini)
    problem = name_problem(given.name)
    if problem:
        raise CommandError(problem)
    stored = hash_password(read_password(given))
    with database.sessions.begin() as session:
        if session.scalar(select(User.id).where(User.name == given.name)) is not None:
            raise CommandError(f"There is a user {given.name} already.")
        session.add(User(name=given.name, role=given.role, password_hash=stored))
    print(f"Added {given.name} as {given.role}.")


def change_role(given: argparse.Namespace) -> None:
    with open_database(given.ini).sessions.begin() as session:
        user = find(session, given.name)
        _refuse(admins.refusal(session, user.id, given.role))
        user.role = given.role
    print(f"{given.name} is {given.role} now.")


def change_password(given: argparse.Namespace) -> None:
    database = open_database(given.ini)
    with database.sessions() as session:
        find(session, given.name)
    stored = hash_password(read_password(given))
    with database.sessions.begin() as session:
        user = find(session, given.name)
        user.password_hash = stored
        user.session_epoch += 1
    print(f"The password of {given.name} is changed; sessions that were open have ended.")


def remove_user(given: argparse.Namespace) -> None:
    with open_database(given.ini).sessions.begin() as session:
        user = find(session, given.name)
        _refuse(admins.refusal(session, user.id, None))
        session.delete(user)
    print(f"Removed {given.name}.")


def find(session: Session, name: str) -> User:
    user = session.scalar(select(User).where(User.name == name))
    if user is None:
        raise CommandError(f"There is no user {name}.")
    return user


def read_password(given: argparse.Namespace) -> str:
    """Return the password that was typed or piped in; raise CommandError for a weak one."""
    if given.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass.getpass(f"Password for {given.name}: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandError("The two passwords differ.")
    else:
        raise CommandError("Give the password on standard input, with --password-stdin.")
    _refuse(weakness(password, given.name))
    return password


def _refuse(reason: str | None) -> None:
    if reason:
        raise CommandError(reason)

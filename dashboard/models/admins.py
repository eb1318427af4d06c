"""The rules that people's records keep, whoever changes them and by what way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.models.people import User


def refusal(session: Session, user_id: int, role: str | None) -> str | None:
    """Return why the person may not get ``role`` (None: be deleted), or None where it is fine.

    Call it in the transaction that makes the change: the rows it reads stay locked until then.
    """
    if role == "admin":
        return None
    statement = select(User.id).where(User.role == "admin").with_for_update()
    with session.no_autoflush:
        admins = set(session.scalars(statement))
    if admins != {user_id}:
        return None
    return "This is the only admin. Make somebody else an admin first."


def name_problem(name: str) -> str | None:
    """Return a sentence that says why ``name`` can't be a person's, or None."""
    if not name:
        return "A name is needed."
    if len(name) > 100:
        return "The name may have at most 100 characters."
    if not name.isprintable():
        return "The name has characters that can't be seen."
    # The sign-in page leaves out spaces around a name.
    return "The name must not begin or end with a space." if name != name.strip() else None


def validate(
    session: Session, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    """The ``validate`` of the table of people; raise ValueError with what is wrong.

    ``before`` and ``after`` are values by column name: None before an insert, after a delete.
    """
    problem = name_problem(after["name"] or "") if after else None
    if before and before["role"] == "admin" and not problem:
        problem = refusal(session, before["id"], after["role"] if after else None)
    if problem:
        raise ValueError(problem)

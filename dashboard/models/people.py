"""Who may sign in, and what keeps guessing passwords slow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.models.ids import LastingId
from dashboard.models.meta import Base
from dashboard.models.types import UtcDateTime, utc_now

ROLES = ("watcher", "editor", "admin")


class User(LastingId, Base):
    """A person. Raising ``session_epoch`` ends every session that the person has open."""

    __tablename__ = "dashboard_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[str] = mapped_column(
        String(10),
        default="watcher",
        info={"choices": {"watcher": "Watcher", "editor": "Editor", "admin": "Admin"}},
    )
    password_hash: Mapped[str | None] = mapped_column(String(255), info={"private": True})
    session_epoch: Mapped[int] = mapped_column(
        Integer, default=1, info={"hidden": True, "readonly": True}
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=utc_now, info={"readonly": True, "label": "Since"}
    )

    __table_args__: Any = (
        CheckConstraint("role IN ('watcher', 'editor', 'admin')", name="role"),
        {
            "info": {
                "label": "People",
                "description": "Who may sign in, and as what.",
                "label_column": "name",
                "view_role": "admin",
                "edit_role": "admin",
            },
        },
    )


class SignInFailure(Base):
    """A refused sign-in, kept as long as it counts against its account and address."""

    __tablename__ = "dashboard_sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    account: Mapped[str] = mapped_column(String(100), index=True)
    address: Mapped[str] = mapped_column(String(100), index=True)


class SetupLink(Base):
    """The one-time link by which the first admin is made; only its hash is kept."""

    __tablename__ = "dashboard_setup_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

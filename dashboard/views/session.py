"""The session: a signed cookie that holds JSON, and the key that signs it."""

from __future__ import annotations

import secrets
from typing import Any

from pyramid.config import Configurator
from pyramid.session import JSONSerializer, SignedCookieSessionFactory
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dashboard.models.setting import Setting

SECRET = "session_secret"  # noqa: S105 (a name, no secret)
IDLE = 7 * 24 * 3600
"""Seconds after which a browser that asked for nothing is signed out."""

REISSUE = 3600
"""The cookie is renewed when it is older than this many seconds."""

LONGEST_MESSAGE = 120
MOST_MESSAGES = 3


def stored_secret(factory: sessionmaker[Session]) -> str:
    """Return the random key kept in the database; the first process to ask makes it."""
    try:
        with factory.begin() as session:
            setting = session.get(Setting, SECRET)
            if setting is None:
                setting = Setting(name=SECRET, value=secrets.token_hex(64))
                session.add(setting)
            return setting.value
    except IntegrityError:
        # Another process made one between the look and the commit; its key is the one to use.
        return stored_secret(factory)


def session_factory(secret: str, production: bool) -> Any:
    """Return a Pyramid session factory. In production the cookie is sent over https only."""
    signed: Any = SignedCookieSessionFactory(
        secret,
        # The prefix makes browsers refuse such a cookie from a sibling domain or over http.
        cookie_name="__Host-dashboard" if production else "dashboard",
        secure=production,
        httponly=True,
        samesite="Lax",
        timeout=IDLE,
        reissue_time=REISSUE,
        serializer=JSONSerializer(),
    )

    class CookieSession(signed):
        """A cookie holds 4 kB at most, so what is flashed into it is bounded here, once."""

        def flash(self, msg: Any, queue: str = "", allow_duplicate: bool = True) -> None:
            super().flash(_shortened(msg), queue, allow_duplicate)
            del self["_f_" + queue][:-MOST_MESSAGES]

    return CookieSession


def _shortened(message: Any) -> Any:
    if isinstance(message, dict):
        return {key: _shortened(value) for key, value in message.items()}
    if isinstance(message, str) and len(message) > LONGEST_MESSAGE:
        return message[: LONGEST_MESSAGE - 1] + "…"
    return message


def includeme(config: Configurator) -> None:
    registry = config.registry
    settings = registry["dashboard.settings"]
    secret = settings.secret or stored_secret(registry["dashboard.dbsession_factory"])
    config.set_session_factory(session_factory(secret, not settings.development))

"""What a host may say of itself, once it has included the program."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from sqlalchemy.orm import scoped_session, sessionmaker

from dashboard.embedding.host import HostSite, Identify
from dashboard.embedding.mount import Mount


def add_live_model(config: Configurator, model: Any, **options: Any) -> None:
    """Make a mapped class live. ``options``: ``name`` and the keys of the table's ``info``."""
    _mount(config).models.append((config.maybe_dotted(model), options))


def add_live_sessions(
    config: Configurator, sessions: sessionmaker[Any] | scoped_session[Any]
) -> None:
    """Let what the host's own sessions commit appear on open pages.

    They must be bound to an engine of the database of ``sqlalchemy.url``; without that setting it
    is the database of the first sessions.
    """
    if isinstance(sessions, scoped_session):
        sessions = sessions.session_factory
    if not isinstance(sessions, sessionmaker):
        raise ConfigurationError(f"add_live_sessions takes a sessionmaker, and not {sessions!r}.")
    if sessions in _mount(config).sessions:
        raise ConfigurationError("These sessions are live already.")
    _mount(config).sessions.append(sessions)


def set_live_identity(
    config: Configurator,
    identify: Identify | str,
    *,
    sign_in_url: str | None = None,
    account_url: str | None = None,
) -> None:
    """Let the host say who people are; the program's own users and sign-in are off then.

    ``identify``, or the function of that dotted name, takes one of the host's requests and returns
    ``(name, role)``; the role is ``watcher``, ``editor``, ``admin``, or None for who has no rights
    here. For who isn't signed in it returns None. ``sign_in_url`` is where such people are sent:
    a path of the host's, in which ``{next}`` stands for the address to come back to.
    ``account_url`` is where a person's name leads.
    """
    mount = _mount(config)
    if mount.site is not None:
        raise ConfigurationError("set_live_identity was called before; call it once.")
    mount.site = HostSite(config.maybe_dotted(identify), sign_in_url, account_url)


def _mount(config: Configurator) -> Mount:
    mount: Mount = config.registry["dashboard.mount"]
    return mount


def includeme(config: Configurator) -> None:
    for directive in (add_live_model, add_live_sessions, set_live_identity):
        config.add_directive(directive.__name__, directive)
